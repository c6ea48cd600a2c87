import t from 'tap'
import { environmentNames } from '../../src/config/camunda-env.ts'
import { type SettingName, settingNames } from '../../src/config/schema.ts'
import { inForce, load, oauthOf } from '../helpers/settings.ts'

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
    oauthOf((await load({ CAMUNDA_CLIENT_SECRET: '', ...env })).settings).clientSecret.read()
  const older = { ZEEBE_CLIENT_SECRET: 'older' }
  t.equal(await secret(older), 'older')
  t.equal(await secret({ ...older, CAMUNDA_CLIENT_SECRET: 'newer' }), 'newer')
  const olderFile = { ZEEBE_CLIENT_SECRET_FILE: `${folder}/older` }
  t.equal(await secret(olderFile), 'older-file')
  t.equal(await secret({ ...olderFile, CAMUNDA_CLIENT_SECRET_FILE: `${folder}/newer` }), 'newer-file')
})

/** What needs another setting beside it, and the files. */
const others: [SettingName, string[]][] = [
  ['authStrategy', ['CAMUNDA_AUTH_STRATEGY']],
  ['clientSecret', ['CAMUNDA_CLIENT_SECRET', 'ZEEBE_CLIENT_SECRET']],
  ['clientSecretFile', ['CAMUNDA_CLIENT_SECRET_FILE', 'ZEEBE_CLIENT_SECRET_FILE']],
  ['basicAuthUsername', ['CAMUNDA_BASIC_AUTH_USERNAME', 'CAMUNDA_USERNAME']],
  ['basicAuthPassword', ['CAMUNDA_BASIC_AUTH_PASSWORD', 'CAMUNDA_PASSWORD']],
  ['basicAuthPasswordFile', ['CAMUNDA_BASIC_AUTH_PASSWORD_FILE', 'CAMUNDA_PASSWORD_FILE']],
  ['cookieAuthUrl', ['CAMUNDA_COOKIE_AUTH_URL']],
  ['cookieAuthUsername', ['CAMUNDA_COOKIE_AUTH_USERNAME']],
  ['cookieAuthPassword', ['CAMUNDA_COOKIE_AUTH_PASSWORD']],
  ['cookieAuthPasswordFile', ['CAMUNDA_COOKIE_AUTH_PASSWORD_FILE']],
  ['oauthToken', ['CAMUNDA_OAUTH_TOKEN']],
  ['oauthTokenFile', ['CAMUNDA_OAUTH_TOKEN_FILE']],
  ['tlsCa', ['CAMUNDA_MTLS_CA', 'CAMUNDA_CUSTOM_ROOT_CERT_STRING']],
  ['tlsCaFile', ['CAMUNDA_MTLS_CA_PATH', 'CAMUNDA_CUSTOM_ROOT_CERT_PATH', 'CAMUNDA_CA_CERTIFICATE_PATH']],
  ['tlsCert', ['CAMUNDA_MTLS_CERT']],
  ['tlsCertFile', ['CAMUNDA_MTLS_CERT_PATH', 'CAMUNDA_CUSTOM_CERT_CHAIN_PATH']],
  ['tlsKey', ['CAMUNDA_MTLS_KEY']],
  ['tlsKeyFile', ['CAMUNDA_MTLS_KEY_PATH', 'CAMUNDA_CUSTOM_PRIVATE_KEY_PATH']],
  ['tlsKeyPassphrase', ['CAMUNDA_MTLS_KEY_PASSPHRASE']],
  ['tlsKeyPassphraseFile', ['CAMUNDA_MTLS_KEY_PASSPHRASE_FILE']],
  ['operateAddress', ['CAMUNDA_OPERATE_BASE_URL']],
  ['operateAudience', ['CAMUNDA_OPERATE_OAUTH_AUDIENCE']],
  ['tasklistAddress', ['CAMUNDA_TASKLIST_BASE_URL']],
  ['tasklistAudience', ['CAMUNDA_TASKLIST_OAUTH_AUDIENCE']],
  ['optimizeAddress', ['CAMUNDA_OPTIMIZE_BASE_URL']],
  ['optimizeAudience', ['CAMUNDA_OPTIMIZE_OAUTH_AUDIENCE']],
  ['administrationAddress', ['CAMUNDA_CONSOLE_BASE_URL']],
  ['administrationAudience', ['CAMUNDA_CONSOLE_OAUTH_AUDIENCE']],
  ['administrationClientId', ['CAMUNDA_CONSOLE_CLIENT_ID']],
  ['administrationClientSecret', ['CAMUNDA_CONSOLE_CLIENT_SECRET']],
  ['administrationClientSecretFile', ['CAMUNDA_CONSOLE_CLIENT_SECRET_FILE']],
  ['httpsProxy', ['HTTPS_PROXY', 'https_proxy']],
  ['httpsProxyFile', ['HTTPS_PROXY_FILE', 'https_proxy_FILE']],
  ['httpProxy', ['HTTP_PROXY', 'http_proxy']],
  ['httpProxyFile', ['HTTP_PROXY_FILE', 'http_proxy_FILE']],
  ['noProxy', ['NO_PROXY', 'no_proxy']],
]

t.test(
  'no name feeds two settings, and what is not Camunda’s is CAMUNDA_PROXY_ and the setting',
  async (t) => {
    const all = settingNames.flatMap(environmentNames)
    t.equal(new Set(all).size, all.length)
    const theirs = new Map<string, string[]>([
      ...families.map(([name, names]) => [name, names] as const),
      ...others,
    ])
    for (const name of settingNames) {
      const own = `CAMUNDA_PROXY_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`
      t.strictSame(environmentNames(name), theirs.get(name) ?? [own], name)
    }
  },
)
