import { writeFileSync } from 'node:fs'
import t from 'tap'
import { inForce, load, oauthOf } from '../helpers/settings.ts'

t.test('each layer wins over all below it, and the value says where it came from', async (t) => {
  const folder = t.testdir({
    'settings.yaml': 'port: 1001\n',
    'first.env': 'CAMUNDA_PROXY_PORT=1002\n',
    'second.env': 'CAMUNDA_PROXY_PORT=1003\n',
  })
  const layers: { args?: string[]; env?: Record<string, string>; value: number; source: string }[] = [
    { value: 8080, source: 'default' },
    { args: ['--config', `${folder}/settings.yaml`], value: 1001, source: `${folder}/settings.yaml` },
    {
      args: ['--env-file', `${folder}/first.env`],
      value: 1002,
      source: `${folder}/first.env, CAMUNDA_PROXY_PORT`,
    },
    {
      args: [`--env-file=${folder}/second.env`],
      value: 1003,
      source: `${folder}/second.env, CAMUNDA_PROXY_PORT`,
    },
    {
      env: { CAMUNDA_PROXY_PORT: '1004' },
      value: 1004,
      source: 'environment variable CAMUNDA_PROXY_PORT',
    },
    { args: ['--port', '1005'], value: 1005, source: 'flag --port' },
  ]
  const args: string[] = []
  const env: Record<string, string> = {}
  for (const layer of layers) {
    args.push(...(layer.args ?? []))
    Object.assign(env, layer.env)
    const { value, source } = layer
    t.strictSame(inForce(await load(env, args), 'port'), { value, source }, source)
  }
})

t.test('a name of a higher layer wins, however old it is', async (t) => {
  const folder = t.testdir({
    'new.env': 'CAMUNDA_CLIENT_ID=from-the-file\nCAMUNDA_OAUTH_URL=https://idp-of-the-file.example/token\n',
  })
  const env = { CAMUNDA_CLIENT_ID: '', ZEEBE_CLIENT_ID: 'from-the-environment' }
  const loaded = await load(env, ['--env-file', `${folder}/new.env`])
  t.equal(oauthOf(loaded.settings).clientId, 'from-the-environment')
  t.equal(oauthOf(loaded.settings).tokenUrl.href, 'https://idp-of-the-file.example/token')
})

t.test('the configuration file is named by flag, else by variable, else by variable of a file', async (t) => {
  const folder = t.testdir({
    'flag.yaml': 'port: 1\n',
    'variable.yaml': 'port: 2\n',
    'nested.yaml': 'port: 3\n',
  })
  const nested = `${folder}/nested.env`
  writeFileSync(nested, `CAMUNDA_PROXY_CONFIG=${folder}/nested.yaml\n`)
  const variable = { CAMUNDA_PROXY_CONFIG: `${folder}/variable.yaml` }
  const port = async (env: Record<string, string>, args: string[]) =>
    inForce(await load(env, args), 'port')?.value
  t.equal(await port(variable, ['--env-file', nested, '--config', `${folder}/flag.yaml`]), 1)
  t.equal(await port(variable, ['--env-file', nested]), 2)
  t.equal(await port({}, ['--env-file', nested]), 3)
})

t.test('YAML and JSON say the same', async (t) => {
  const settings = {
    port: 1001,
    adminPort: 'off',
    accessLog: 'all',
    allowedHosts: ['a', 'b'],
    allowRemote: true,
    maxReplayBytes: 0,
    logLevel: null,
  }
  const folder = t.testdir({
    'settings.json': JSON.stringify(settings),
    'settings.yaml': [
      '# comments are allowed',
      'port: 1001',
      'adminPort: off',
      'accessLog: all',
      'allowedHosts:',
      '  - a',
      '  - b',
      'allowRemote: true',
      'maxReplayBytes: 0',
      'logLevel:',
    ].join('\n'),
  })
  for (const name of ['settings.json', 'settings.yaml']) {
    const path = `${folder}/${name}`
    const loaded = await load({}, ['--config', path])
    for (const [setting, value] of Object.entries(settings)) {
      const expected = value === null ? { value: 'info', source: 'default' } : { value, source: path }
      t.strictSame(inForce(loaded, setting), expected, `${setting} of ${name}`)
    }
    t.equal(loaded.settings.admin, undefined)
    t.equal(loaded.settings.maxReplayBytes, 0)
  }
})
