import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { ENOUGH, inForce, load } from '../helpers/settings.ts'

const SECRET = 'from-the-oldest-name'

t.test('every name that the clients use, the newer before the older', async (t) => {
  const families: [string, string[], string][] = [
    ['restAddress', ['CAMUNDA_REST_ADDRESS', 'ZEEBE_REST_ADDRESS', 'CAMUNDA_BASE_URL'], 'https://host-'],
    ['clientId', ['CAMUNDA_CLIENT_ID', 'ZEEBE_CLIENT_ID'], 'id-'],
    [
      'oauthUrl',
      ['CAMUNDA_OAUTH_URL', 'CAMUNDA_AUTHORIZATION_SERVER_URL', 'ZEEBE_AUTHORIZATION_SERVER_URL'],
      'https://idp-',
    ],
    ['tokenAudience', ['CAMUNDA_TOKEN_AUDIENCE', 'ZEEBE_TOKEN_AUDIENCE'], 'audience-'],
    ['oauthScope', ['CAMUNDA_OAUTH_SCOPE', 'CAMUNDA_TOKEN_SCOPE'], 'scope-'],
  ]
  for (const [setting, names, prefix] of families) {
    for (let oldest = names.length - 1; oldest >= 0; oldest--) {
      const without = Object.fromEntries(names.map((name) => [name, '']))
      const given = Object.fromEntries(names.slice(oldest).map((name, i) => [name, `${prefix}${oldest + i}`]))
      const loaded = await load({ ...without, ...given })
      t.equal(
        inForce(loaded, setting)?.value,
        `${prefix}${oldest}`,
        `${names[oldest]} comes first of ${names.slice(oldest)}`,
      )
    }
  }
})

t.test('the secret, by value and by file', async (t) => {
  const path = `${t.testdir({ secret: 'from-a-file\r\n' })}/secret`
  const secret = async (env: Record<string, string>) =>
    (
      await loadSettings([], { ...ENOUGH, CAMUNDA_CLIENT_SECRET: '', ...env })
    ).settings.oauth.clientSecret.read()
  t.equal(await secret({ ZEEBE_CLIENT_SECRET: SECRET }), SECRET)
  t.equal(await secret({ CAMUNDA_CLIENT_SECRET: 'newer', ZEEBE_CLIENT_SECRET: SECRET }), 'newer')
  t.equal(await secret({ CAMUNDA_CLIENT_SECRET_FILE: path }), 'from-a-file', 'without its line break')
  t.equal(await secret({ ZEEBE_CLIENT_SECRET_FILE: path }), 'from-a-file')
})

t.test('the Console’s download as it is', async (t) => {
  const lines = [
    "export ZEEBE_ADDRESS='1234.bru-2.zeebe.camunda.io:443'",
    "export ZEEBE_CLIENT_ID='the id'",
    'export ZEEBE_CLIENT_SECRET="the~secret"',
    'ZEEBE_AUTHORIZATION_SERVER_URL=https://login.cloud.camunda.io/oauth/token',
    "export ZEEBE_TOKEN_AUDIENCE='zeebe.camunda.io'",
    "export CAMUNDA_CLUSTER_ID='1234'",
    "export CAMUNDA_CLUSTER_REGION='bru-2'",
    "export CAMUNDA_CREDENTIALS_SCOPES='Zeebe,Tasklist'",
    "export CAMUNDA_OAUTH_URL='https://login.cloud.camunda.io/oauth/token'",
    '',
  ]
  const path = `${t.testdir({ 'credentials.txt': lines.join('\n') })}/credentials.txt`
  const loaded = await loadSettings(['--env-file', path], {})
  t.same(loaded.settings.cluster, { origin: 'https://bru-2.zeebe.camunda.io', basePath: '/1234' })
  t.same(inForce(loaded, 'restAddress'), {
    value: 'https://bru-2.zeebe.camunda.io/1234',
    source: 'from clusterRegion and clusterId',
  })
  t.equal(loaded.settings.oauth.clientId, 'the id')
  t.equal(await loaded.settings.oauth.clientSecret.read(), 'the~secret')
  t.same(loaded.warnings, [])
})

t.test('the audience and address that go without saying', async (t) => {
  const saas = await load()
  t.same(inForce(saas, 'tokenAudience'), { value: 'zeebe.camunda.io', source: 'default for SaaS' })
  t.equal(saas.settings.oauth.audience, 'zeebe.camunda.io')
  const selfManaged = await load({
    CAMUNDA_REST_ADDRESS: '',
    CAMUNDA_OAUTH_URL: 'http://localhost:18080/auth/realms/x/token',
    CAMUNDA_PROXY_PORT: '8081',
  })
  t.equal(selfManaged.settings.oauth.audience, undefined)
  t.same(selfManaged.settings.cluster, { origin: 'http://localhost:8080', basePath: '' })
  t.equal(inForce(selfManaged, 'restAddress')?.source, 'default for Self-Managed')
})
