import t from 'tap'
import { environmentNames } from '../../src/config/camunda-env.ts'
import { type SettingName, settingNames } from '../../src/config/schema.ts'
import { inForce, load } from '../helpers/settings.ts'

const families: [SettingName, string[], string][] = [
  ['restAddress', ['CAMUNDA_REST_ADDRESS', 'ZEEBE_REST_ADDRESS', 'CAMUNDA_BASE_URL'], 'https://host-'],
  ['clientId', ['CAMUNDA_CLIENT_ID', 'ZEEBE_CLIENT_ID'], 'id-'],
  [
    'oauthUrl',
    ['CAMUNDA_OAUTH_URL', 'CAMUNDA_AUTHORIZATION_SERVER_URL', 'ZEEBE_AUTHORIZATION_SERVER_URL'],
    'https://idp-',
  ],
  ['tokenAudience', ['CAMUNDA_TOKEN_AUDIENCE', 'ZEEBE_TOKEN_AUDIENCE'], 'audience-'],
  ['oauthScope', ['CAMUNDA_OAUTH_SCOPE', 'CAMUNDA_TOKEN_SCOPE'], 'scope-'],
  ['clusterRegion', ['CAMUNDA_CLUSTER_REGION'], 'region-'],
  ['clusterId', ['CAMUNDA_CLUSTER_ID'], 'cluster-'],
]

t.test('every name that the clients use, the newer before the older', async (t) => {
  for (const [setting, names, prefix] of families) {
    for (let oldest = names.length - 1; oldest >= 0; oldest--) {
      const without = Object.fromEntries(names.map((name) => [name, '']))
      const given = Object.fromEntries(names.slice(oldest).map((name, i) => [name, `${prefix}${oldest + i}`]))
      const loaded = await load({ ...without, ...given })
      t.strictSame(
        inForce(loaded, setting),
        { value: `${prefix}${oldest}`, source: `environment variable ${names[oldest]}` },
        `${names[oldest]} comes first of ${names.slice(oldest)}`,
      )
    }
  }
})

t.test('the secret and its file, the newer name before the older', async (t) => {
  const folder = t.testdir({ newer: 'newer-file\n', older: 'older-file\r\n' })
  const secret = async (env: Record<string, string>) =>
    (await load({ CAMUNDA_CLIENT_SECRET: '', ...env })).settings.oauth.clientSecret.read()
  const older = { ZEEBE_CLIENT_SECRET: 'older' }
  t.equal(await secret(older), 'older')
  t.equal(await secret({ ...older, CAMUNDA_CLIENT_SECRET: 'newer' }), 'newer')
  const olderFile = { ZEEBE_CLIENT_SECRET_FILE: `${folder}/older` }
  t.equal(await secret(olderFile), 'older-file')
  t.equal(await secret({ ...olderFile, CAMUNDA_CLIENT_SECRET_FILE: `${folder}/newer` }), 'newer-file')
})

t.test(
  'no name feeds two settings, and what is not Camunda’s is CAMUNDA_PROXY_ and the setting',
  async (t) => {
    const all = settingNames.flatMap(environmentNames)
    t.equal(new Set(all).size, all.length)
    const theirs = [
      'authStrategy',
      'clientSecret',
      'clientSecretFile',
      ...families.map(([setting]) => String(setting)),
    ]
    for (const name of settingNames.filter((setting) => !theirs.includes(setting))) {
      const own = `CAMUNDA_PROXY_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`
      t.strictSame(environmentNames(name), [own], name)
    }
    t.strictSame(environmentNames('authStrategy'), ['CAMUNDA_AUTH_STRATEGY'])
  },
)
