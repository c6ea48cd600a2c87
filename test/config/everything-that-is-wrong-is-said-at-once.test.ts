import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { SettingsError } from '../../src/errors.ts'
import { complaint, faults, load } from '../helpers/settings.ts'

t.test('from every layer, each with its setting, its source and what is expected', async (t) => {
  const folder = t.testdir({
    'settings.yaml': 'maxReplayBytes: -1\nallowedHosts: a\nno-such-key: 1\n',
    'more.env': 'CAMUNDA_PROXY_ACCESS_LOG=some\nCAMUNDA_REST_ADDRESS=\n',
  })
  const file = `${folder}/settings.yaml`
  const envFile = `${folder}/more.env`
  const env = {
    CAMUNDA_PROXY_PORT: 'x',
    CAMUNDA_CLIENT_ID: '',
    CAMUNDA_CLIENT_SECRET: '',
    CAMUNDA_REST_ADDRESS: 'http://cluster.example',
    CAMUNDA_PROXY_CALLER_TOKEN_FILE: `${folder}/nothing`,
  }
  const args = ['--config', file, '--env-file', envFile, '--log-level', 'loud', '--no-such-flag', 'x']
  const lines = [
    '--no-such-flag (command line): expected a flag of this program',
    `accessLog (${envFile}, CAMUNDA_PROXY_ACCESS_LOG): expected one of off, errors, all`,
    `allowedHosts (${file}): expected host names, separated by commas`,
    `callerTokenFile (environment variable CAMUNDA_PROXY_CALLER_TOKEN_FILE): expected a readable file (ENOENT)`,
    'clientId (not set): expected the client id of your API client; set CAMUNDA_CLIENT_ID or ZEEBE_CLIENT_ID',
    'clientSecret (not set): expected the client secret of your API client; set CAMUNDA_CLIENT_SECRET or ZEEBE_CLIENT_SECRET',
    'logLevel (flag --log-level): expected one of trace, debug, info, warn, error, fatal, silent',
    `maxReplayBytes (${file}): expected a number of bytes from 0 to 16777216`,
    `no-such-key (${file}): expected a setting of this program`,
    'port (environment variable CAMUNDA_PROXY_PORT): expected a port from 0 to 65535',
    'restAddress (environment variable CAMUNDA_REST_ADDRESS): expected https, or cluster.example to be listed in allowPlainHttp: the credential would travel in the clear',
  ]
  t.strictSame((await complaint(env, args)).split('\n').sort(), lines.sort())
})

t.test('the same fault is not told in two ways', async (t) => {
  const settings = async (env: Record<string, string>) => (await faults(env)).map((fault) => fault.setting)
  t.strictSame(await settings({ CAMUNDA_CLIENT_ID: ' ' }), ['clientId'])
  t.strictSame(await settings({ CAMUNDA_CLIENT_SECRET: ' ' }), ['clientSecret'])
  t.strictSame(await settings({ CAMUNDA_REST_ADDRESS: 'ftp://x' }), ['restAddress'])
  const noSecret = { CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: '/no/such/file' }
  t.strictSame(await settings(noSecret), ['clientSecretFile'])
})

t.test('files that cannot be read or hold something else', async (t) => {
  const folder = t.testdir({
    'broken.yaml': 'port: "1\n - x',
    'broken.json': '{"port": 1,,}',
    'twice.yaml': 'port: 1\nport: 2\n',
    'two.yaml': 'port: 1\n---\nport: 2\n',
    'list.yaml': '- port',
    'text.yaml': 'port',
    'empty.yaml': '',
    'comment.yaml': '# nothing yet\n',
    'bomb.yaml': `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`,
  })
  const told: [string, string, string, string][] = [
    ['--config', 'nothing.yaml', 'config', 'a readable file (ENOENT)'],
    ['--config', '.', 'config', 'a readable file (EISDIR)'],
    ['--config', 'broken.yaml', 'config', 'valid YAML or JSON'],
    ['--config', 'broken.json', 'config', 'valid YAML or JSON'],
    ['--config', 'twice.yaml', 'config', 'valid YAML or JSON'],
    ['--config', 'two.yaml', 'config', 'valid YAML or JSON'],
    ['--config', 'bomb.yaml', 'config', 'valid YAML or JSON'],
    ['--config', 'list.yaml', 'config', 'a map of settings'],
    ['--config', 'text.yaml', 'config', 'a map of settings'],
    ['--env-file', 'nothing.env', 'env-file', 'a readable file (ENOENT)'],
    ['--env-file', '.', 'env-file', 'a readable file (EISDIR)'],
  ]
  for (const [flag, name, setting, expected] of told) {
    const path = `${folder}/${name}`
    t.strictSame(await faults({}, [flag, path]), [{ setting, source: path, expected }], `${flag} ${name}`)
  }
  for (const name of ['empty.yaml', 'comment.yaml'])
    t.ok(await load({}, ['--config', `${folder}/${name}`]), name)
  t.strictSame(
    (await faults({ CAMUNDA_PROXY_CONFIG: `${folder}/nothing.yaml` })).map((fault) => fault.source),
    [`${folder}/nothing.yaml`],
  )
})

t.test('what may explain the faults is told with them', async (t) => {
  const failing = loadSettings([], { CAMUNDA_PROXY_PROT: '1' })
  await t.rejects(failing, SettingsError)
  await t.rejects(failing, /\nnote: CAMUNDA_PROXY_PROT is not a setting of this program; did you mean/)
})
