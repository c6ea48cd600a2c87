import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { SettingsError } from '../../src/errors.ts'
import { faults, faulty, load } from '../helpers/settings.ts'

t.test('values that do not fit', async (t) => {
  const bad: [string, string, string][] = [
    ['port', 'CAMUNDA_PROXY_PORT', '65536'],
    ['port', 'CAMUNDA_PROXY_PORT', '-1'],
    ['port', 'CAMUNDA_PROXY_PORT', '0x10'],
    ['port', 'CAMUNDA_PROXY_PORT', '80.5'],
    ['port', 'CAMUNDA_PROXY_PORT', 'tcp://10.0.0.1:8080'],
    ['adminPort', 'CAMUNDA_PROXY_ADMIN_PORT', 'none'],
    ['allowRemote', 'CAMUNDA_PROXY_ALLOW_REMOTE', 'maybe'],
    ['accessLog', 'CAMUNDA_PROXY_ACCESS_LOG', 'some'],
    ['authStrategy', 'CAMUNDA_AUTH_STRATEGY', 'NONE'],
    ['maxReplayBytes', 'CAMUNDA_PROXY_MAX_REPLAY_BYTES', '99999999999'],
    ['oauthUrl', 'CAMUNDA_OAUTH_URL', 'login.cloud.camunda.io'],
    ['oauthUrl', 'CAMUNDA_OAUTH_URL', 'https://user:pass@idp.example/token'],
    ['restAddress', 'CAMUNDA_REST_ADDRESS', 'bru-2.zeebe.camunda.io/1234'],
    ['restAddress', 'CAMUNDA_REST_ADDRESS', 'https://user:pass@cluster.example'],
    ['restAddress', 'CAMUNDA_REST_ADDRESS', 'https://cluster.example/?x=1'],
    ['restAddress', 'CAMUNDA_REST_ADDRESS', 'https://cluster.example:99999'],
  ]
  for (const [setting, name, value] of bad) {
    t.same(await faulty({ [name]: value }), [setting], `${name}=${value}`)
  }
  t.match(await faults({ CAMUNDA_PROXY_PORT: 'x' }), [
    {
      setting: 'port',
      source: 'environment variable CAMUNDA_PROXY_PORT',
      expected: 'a port from 0 to 65535',
    },
  ])
})

t.test('many at once, each with its source', async (t) => {
  const found = await faults(
    { CAMUNDA_PROXY_PORT: 'x', CAMUNDA_CLIENT_ID: '', CAMUNDA_CLIENT_SECRET: '', CAMUNDA_REST_ADDRESS: '' },
    ['--log-level', 'loud'],
  )
  t.strictSame(found.map((fault) => [fault.setting, fault.source]).sort(), [
    ['clientId', 'not set'],
    ['clientSecret', 'not set'],
    ['logLevel', 'flag --log-level'],
    ['port', 'environment variable CAMUNDA_PROXY_PORT'],
    ['restAddress', 'not set'],
  ])
  t.match(
    found.find((fault) => fault.setting === 'clientId')?.expected,
    'set CAMUNDA_CLIENT_ID or ZEEBE_CLIENT_ID',
  )
})

t.test('half of what addresses a SaaS cluster', async (t) => {
  t.same(await faulty({ CAMUNDA_REST_ADDRESS: '', CAMUNDA_CLUSTER_REGION: 'bru-2' }), ['clusterId'])
  t.same(await faulty({ CAMUNDA_REST_ADDRESS: '', CAMUNDA_CLUSTER_ID: '1234' }), ['clusterRegion'])
})

t.test('flags that are none, and what may have been meant', async (t) => {
  const expected = async (...args: string[]) =>
    (await faults({}, args)).map((fault) => `${fault.setting}: ${fault.expected}`)
  t.same(await expected('--prot', '3'), ['--prot: a flag of this program; did you mean port?'])
  t.same(await expected('--something-else'), ['--something-else: a flag of this program'])
  t.same(await expected('stray'), ['argument 1: a flag'])
  t.same(await expected('--port'), ['--port: a port from 0 to 65535'])
  t.same(await expected('--config'), ['--config: a path after it'])
  t.match(await expected('--client-secret', 'hunter2'), [
    /^--client-secret: no secret on the command line.*use CAMUNDA_CLIENT_SECRET or --client-secret-file$/,
  ])
  t.notMatch(
    JSON.stringify(
      await faults({}, ['--client-secret', 'hunter2', '--sekret', 'hunter2', '--caller-token=hunter2']),
    ),
    'hunter2',
  )
})

t.test('files that cannot be read, are no settings, or hold others', async (t) => {
  const folder = t.testdir({
    'broken.yaml': 'clientSecret: "hunter2\n - x',
    'list.yaml': '- a',
    'other.yaml': 'prot: 1\nport: "8080"\nclientSecret: [hunter2]\n',
    'empty.yaml': '',
  })
  t.match(await faults({}, ['--config', `${folder}/nothing.yaml`]), [
    { setting: 'config', expected: 'a readable file (ENOENT)' },
  ])
  t.match(await faults({}, ['--config', `${folder}/broken.yaml`]), [{ expected: 'valid YAML or JSON' }])
  t.match(await faults({}, ['--config', `${folder}/list.yaml`]), [{ expected: 'a map of settings' }])
  const found = await faults({ CAMUNDA_CLIENT_SECRET: '' }, ['--config', `${folder}/other.yaml`])
  t.match(found, [
    { setting: 'prot', expected: 'a setting of this program; did you mean port?' },
    { setting: 'clientSecret' },
    { setting: 'port' },
  ])
  t.notMatch(JSON.stringify(found), 'hunter2')
  t.match(await faults({}, ['--env-file', `${folder}/nothing.env`]), [
    { setting: 'env-file', expected: 'a readable file (ENOENT)' },
  ])
  t.ok(await load({}, ['--config', `${folder}/empty.yaml`]), 'an empty file is no fault')
})

t.test('secrets: both ways at once, or a file with nothing in it', async (t) => {
  const folder = t.testdir({ secret: 'x', empty: '\n' })
  t.same(await faulty({ CAMUNDA_CLIENT_SECRET_FILE: `${folder}/secret` }), ['clientSecretFile'])
  t.same(await faulty({ CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: `${folder}/nothing` }), [
    'clientSecretFile',
  ])
  t.same(await faulty({ CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: `${folder}/empty` }), [
    'clientSecretFile',
  ])
  t.same(await faulty({ CAMUNDA_PROXY_CALLER_TOKEN_FILE: `${folder}/nothing` }), ['callerTokenFile'])
})

t.test('a secret and its file from different layers: the more binding one counts', async (t) => {
  const folder = t.testdir({ secret: 'from the file', 'settings.yaml': 'clientSecret: from the settings\n' })
  const secret = async (env: Record<string, string>, args: string[]) =>
    (await load(env, args)).settings.oauth.clientSecret.read()
  const file = `${folder}/secret`
  t.equal(await secret({}, ['--client-secret-file', file]), 'from the file', 'a flag over a variable')
  t.equal(
    await secret({ CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: file }, [
      '--config',
      `${folder}/settings.yaml`,
    ]),
    'from the file',
  )
})

t.test('a misspelt variable is warned of, and told with the faults it may have caused', async (t) => {
  t.match((await load({ CAMUNDA_PROXY_PROT: '1' })).warnings, [
    /^CAMUNDA_PROXY_PROT is not a setting.*did you mean CAMUNDA_PROXY_PORT\?$/,
  ])
  const failing = loadSettings([], { CAMUNDA_PROXY_PROT: '1' })
  await t.rejects(failing, SettingsError)
  await t.rejects(failing, /note: CAMUNDA_PROXY_PROT is not a setting/)
})
