import t from 'tap'
import { environmentNames } from '../../src/config/camunda-env.ts'
import type { SettingName } from '../../src/config/schema.ts'
import { faults, inForce, load } from '../helpers/settings.ts'

const variable = (setting: SettingName) => environmentNames(setting)[0] ?? ''

t.test('texts of variables and flags', async (t) => {
  const good: [SettingName, string, unknown][] = [
    ['port', '0', 0],
    ['port', ' 5', 5],
    ['port', '65535', 65_535],
    ['adminPort', '1', 1],
    ['adminPort', 'off', 'off'],
    ['allowRemote', 'true', true],
    ['allowRemote', 'TRUE', true],
    ['allowRemote', '1', true],
    ['allowRemote', 'False', false],
    ['allowRemote', '0', false],
    ['logLevel', 'WARN', 'warn'],
    ['accessLog', 'Off', 'off'],
    ['authStrategy', 'oauth', 'OAUTH'],
    ['allowedHosts', 'proxy', ['proxy']],
    ['allowedHosts', ' a , b,, ', ['a', 'b']],
    ['allowPlainHttp', 'idp,cluster', ['idp', 'cluster']],
    ['maxReplayBytes', '16777216', 16_777_216],
    ['oauthScope', 'api://id/.default openid', 'api://id/.default openid'],
  ]
  for (const [setting, text, value] of good) {
    const loaded = await load({ [variable(setting)]: text })
    t.strictSame(inForce(loaded, setting)?.value, value, `${variable(setting)}=${text}`)
  }
  t.equal(inForce(await load({}, ['--allow-remote']), 'allowRemote')?.value, true, 'a bare switch')
  t.equal(inForce(await load({}, ['--allow-remote=false']), 'allowRemote')?.value, false)
  t.strictSame((await load({ CAMUNDA_PROXY_ALLOWED_HOSTS: 'a,b' })).settings.allowedHosts, ['a', 'b'])
})

t.test('texts that are something else', async (t) => {
  const port = 'a port from 0 to 65535'
  const bytes = 'a number of bytes from 0 to 16777216'
  const bad: [SettingName, string, string][] = [
    ...['65536', '-1', '0x10', '1e3', '80.5', '+80', 'http', 'tcp://10.0.0.1:8080', '٣'].map(
      (text): [SettingName, string, string] => ['port', text, port],
    ),
    ...['none', 'false', '65536', '-1'].map((text): [SettingName, string, string] => [
      'adminPort',
      text,
      `${port}, or off`,
    ]),
    ...['yes', 'no', 'on', 'off', '2', 'maybe', 'constructor'].map((text): [SettingName, string, string] => [
      'allowRemote',
      text,
      'true or false',
    ]),
    ['accessLog', 'some', 'one of off, errors, all'],
    ['logLevel', 'loud', 'one of trace, debug, info, warn, error, fatal, silent'],
    ['authStrategy', 'KERBEROS', 'one of OAUTH, COOKIE, BASIC, BEARER, NONE'],
    ['apis', 'v3', 'names out of v1, cluster'],
    ['maxReplayBytes', '16777217', bytes],
    ['maxReplayBytes', '1k', bytes],
    ['clientId', ' ', 'the client id of your API client'],
    ['oauthUrl', 'login.cloud.camunda.io', 'a URL such as'],
    ['oauthUrl', 'ftp://idp.example/token', 'a URL such as'],
    ['oauthUrl', 'https://a b/token', 'a URL such as'],
    ['oauthUrl', 'https://user:pass@idp.example/token', 'a URL without a password in it'],
  ]
  for (const [setting, text, expected] of bad) {
    const found = await faults({ [variable(setting)]: text })
    t.strictSame(
      found.map((fault) => [fault.setting, fault.source]),
      [[setting, `environment variable ${variable(setting)}`]],
      `${variable(setting)}=${text}`,
    )
    t.ok(found[0]?.expected.startsWith(expected), `${variable(setting)}=${text}: ${found[0]?.expected}`)
  }
})

t.test('a file says by itself what it means, and is not read as text', async (t) => {
  const bad: [SettingName, string][] = [
    ['port', 'port: "8080"'],
    ['port', 'port: 80.5'],
    ['port', 'port: true'],
    ['adminPort', 'adminPort: false'],
    ['allowRemote', 'allowRemote: "true"'],
    ['allowRemote', 'allowRemote: 1'],
    ['allowedHosts', 'allowedHosts: a,b'],
    ['allowedHosts', 'allowedHosts: [1]'],
    ['allowedHosts', 'allowedHosts: [""]'],
    ['logLevel', 'logLevel: [info]'],
    ['clientId', 'clientId: 1234'],
    ['clientId', 'clientId: {a: b}'],
    ['clientId', 'clientId: ""'],
  ]
  for (const [setting, yaml] of bad) {
    const path = `${t.testdir({ 'settings.yaml': yaml })}/settings.yaml`
    const found = await faults({ CAMUNDA_CLIENT_ID: '' }, [
      '--config',
      path,
      ...(setting === 'clientId' ? [] : ['--client-id', 'id']),
    ])
    t.strictSame(
      found.map((fault) => [fault.setting, fault.source]),
      [[setting, path]],
      yaml,
    )
  }
})
