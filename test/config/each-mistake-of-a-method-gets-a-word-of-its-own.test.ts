import { chmodSync } from 'node:fs'
import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { SettingsError } from '../../src/errors.ts'
import { certificateAuthority, encrypted, selfSigned } from '../helpers/certificate.ts'
import { load } from '../helpers/settings.ts'

const DAY_MS = 86_400_000
const CANARY = 'canary-7d20'
const authority = certificateAuthority()
const [mine, other] = [authority.client('mine'), authority.client('other')]
const weak = selfSigned('signer', 'rsa')
const folder = t.testdir({
  'key.pem': mine.key,
  'cert.pem': mine.cert,
  'other.pem': other.cert,
  'locked.pem': encrypted(mine, CANARY),
  'expired.pem': authority.expiredClient('mine').cert,
  'bundle.pem': `${authority.expiredClient('mine').cert}${authority.cert}`,
  'rsa.pem': weak.key,
  'text.pem': CANARY,
  'large.pem': `${authority.cert}${'\n'.repeat(1024 * 1024)}`,
  open: CANARY,
})
chmodSync(`${folder}/key.pem`, 0o600)
chmodSync(`${folder}/open`, 0o644)
const at = (name: string) => `${folder}/${name}`

const CLIENT = { CAMUNDA_CLIENT_ID: 'id', CAMUNDA_CLIENT_SECRET: 'secret' }
const BASIC = { CAMUNDA_BASIC_AUTH_USERNAME: 'user', CAMUNDA_BASIC_AUTH_PASSWORD: CANARY }
const COOKIE = { CAMUNDA_COOKIE_AUTH_USERNAME: 'user', CAMUNDA_COOKIE_AUTH_PASSWORD: CANARY }
const mtls = (cert: string, key: string) => ({
  CAMUNDA_MTLS_CERT_PATH: at(cert),
  CAMUNDA_MTLS_KEY_PATH: at(key),
})
const signer = (key: string, more: Record<string, string> = {}) => ({
  CAMUNDA_CLIENT_ID: 'id',
  CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: 'private_key_jwt',
  CAMUNDA_PROXY_OAUTH_PRIVATE_KEY_FILE: at(key),
  ...more,
})

/** All that is said of settings for a cluster elsewhere, and nothing but what is given. */
async function said(env: Record<string, string>, args: string[] = []): Promise<string> {
  const faults = await loadSettings(args, { CAMUNDA_REST_ADDRESS: 'https://cluster.example', ...env }).then(
    () => '',
    (error: unknown) => (error instanceof SettingsError ? error.message : Promise.reject(error)),
  )
  return faults.replace(/ \((environment variable |file )?[^)]*\)(?=: expected)/g, '')
}

const mistakes: [what: string, env: Record<string, string>, said: string][] = [
  [
    'two methods at once',
    { ...CLIENT, ...BASIC },
    'authStrategy: expected it to say which, since OAUTH (clientId) and BASIC (basicAuthUsername) are given',
  ],
  [
    'a key that cannot be read',
    { ...CLIENT, ...mtls('cert.pem', 'none.pem') },
    'tlsKeyFile: expected a readable file (ENOENT)',
  ],
  [
    'a key that is none',
    { ...CLIENT, ...mtls('cert.pem', 'text.pem') },
    'tlsKeyFile: expected a private key in PEM',
  ],
  [
    'a key that is none, with a passphrase',
    { ...CLIENT, ...mtls('cert.pem', 'text.pem'), CAMUNDA_MTLS_KEY_PASSPHRASE: 'x' },
    'tlsKeyFile: expected a private key in PEM',
  ],
  [
    'a certificate for a key',
    { ...CLIENT, ...mtls('cert.pem', 'cert.pem') },
    'tlsKeyFile: expected a private key in PEM, not a certificate',
  ],
  [
    'an encrypted key without its passphrase',
    { ...CLIENT, ...mtls('cert.pem', 'locked.pem') },
    'tlsKeyFile: expected a key that is not encrypted, or tlsKeyPassphrase to be set',
  ],
  [
    'another passphrase',
    { ...CLIENT, ...mtls('cert.pem', 'locked.pem'), CAMUNDA_MTLS_KEY_PASSPHRASE: 'x' },
    'tlsKeyPassphrase: expected the passphrase of the key: this one does not open it',
  ],
  [
    'a certificate of another key',
    { ...CLIENT, ...mtls('other.pem', 'key.pem') },
    'tlsCertFile: expected the certificate of the private key: this one is of another key',
  ],
  [
    'a client certificate that has expired',
    { ...CLIENT, ...mtls('expired.pem', 'key.pem') },
    'tlsCertFile: expected a certificate that is still valid: this one expired on 20',
  ],
  [
    'a key that is none, beside a certificate that has expired',
    { ...CLIENT, ...mtls('expired.pem', 'text.pem') },
    'tlsKeyFile: expected a private key in PEM\ntlsCertFile: expected a certificate that is still valid',
  ],
  [
    'callers whose clients would need a certificate of their own',
    {
      CAMUNDA_PROXY_CALLER_AUTH: 'client-credentials',
      CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: 'tls_client_auth',
      ...mtls('cert.pem', 'key.pem'),
    },
    'oauthClientAuth: expected client_secret_post or client_secret_basic, since callers send secrets',
  ],
  [
    'a certificate without its key',
    { ...CLIENT, CAMUNDA_MTLS_CERT_PATH: at('cert.pem') },
    'tlsKey: expected a private key in PEM; set CAMUNDA_MTLS_KEY',
  ],
  [
    'an authority that is none',
    { ...CLIENT, CAMUNDA_CUSTOM_ROOT_CERT_PATH: at('text.pem') },
    'tlsCaFile: expected a certificate in PEM',
  ],
  [
    'a file without end',
    { ...CLIENT, CAMUNDA_CUSTOM_ROOT_CERT_PATH: at('large.pem') },
    'tlsCaFile: expected a file of 1 MiB at most',
  ],
  [
    'an encrypted key for assertions',
    signer('locked.pem'),
    'oauthPrivateKeyFile: expected a private key that is not encrypted: there is no passphrase for this one',
  ],
  [
    'a key of another kind for assertions',
    signer('rsa.pem', { CAMUNDA_PROXY_OAUTH_KEY_ALGORITHM: 'ES256' }),
    'oauthPrivateKeyFile: expected an EC key for ES256, not an RSA key',
  ],
  [
    'a certificate of another key for assertions',
    signer('rsa.pem', { CAMUNDA_PROXY_OAUTH_CERTIFICATE_FILE: at('cert.pem') }),
    'oauthCertificateFile: expected the certificate of the private key: this one is of another key',
  ],
  [
    'an egress proxy of another kind',
    { ...CLIENT, HTTPS_PROXY: `socks5://user:${CANARY}@proxy.example:1080` },
    'httpsProxy: expected a URL such as http://proxy.example:3128, with special characters of a password percent-encoded',
  ],
  [
    'an egress proxy whose password is cut in two',
    { ...CLIENT, https_proxy: `http://user:12/${CANARY}@proxy.example:3128` },
    'httpsProxy: expected a URL such as http://proxy.example:3128, with',
  ],
  [
    'a user without a password, beyond this machine',
    { CAMUNDA_COOKIE_AUTH_USERNAME: 'user' },
    'cookieAuthPassword: expected a password; set CAMUNDA_COOKIE_AUTH_PASSWORD',
  ],
  [
    'a login without a user, beyond this machine',
    { CAMUNDA_AUTH_STRATEGY: 'COOKIE' },
    [
      'cookieAuthUsername: expected a user name; set CAMUNDA_COOKIE_AUTH_USERNAME',
      'cookieAuthPassword: expected a password; set CAMUNDA_COOKIE_AUTH_PASSWORD',
    ].join('\n'),
  ],
  [
    'a colon in the user name of Basic',
    { ...BASIC, CAMUNDA_BASIC_AUTH_USERNAME: 'us:er' },
    'basicAuthUsername: expected a user name without colons and control characters',
  ],
  [
    'issuer and token URL',
    { ...CLIENT, CAMUNDA_OAUTH_URL: 'https://a.example/t', CAMUNDA_PROXY_OAUTH_ISSUER: 'https://a.example' },
    'oauthIssuer: expected either it or oauthUrl, not both',
  ],
  [
    'a token and a command that prints one',
    { CAMUNDA_OAUTH_TOKEN: CANARY, CAMUNDA_PROXY_TOKEN_COMMAND: 'true' },
    'tokenCommand: expected either it or oauthToken, not both',
  ],
  [
    'an API without its address',
    { ...CLIENT, CAMUNDA_PROXY_APIS: 'operate' },
    'operateAddress: expected a URL such as https://bru-2.operate.camunda.io/CLUSTER_ID; set CAMUNDA_OPERATE_BASE_URL',
  ],
  [
    'a rule that cannot be read',
    { ...CLIENT, CAMUNDA_PROXY_ALLOW: 'GET /v2/topology,get /v2/jobs' },
    'allow: expected METHOD[,METHOD…] PATTERN in capitals',
  ],
  [
    'an addition that takes the place of the client',
    { ...CLIENT, CAMUNDA_PROXY_OAUTH_PARAMETERS: `client_id=${CANARY}` },
    'oauthParameters: expected parameters other than client_id, which the proxy sets itself',
  ],
]

for (const [what, env, expected] of mistakes) {
  t.test(what, async (t) => {
    const found = await said(env)
    t.ok(found.startsWith(expected), found)
    t.equal(found.split('\n').length, expected.split('\n').length, 'and nothing else')
    t.notMatch(found, CANARY)
    t.notMatch(found, 'BEGIN')
  })
}

t.test('a client certificate that is not valid yet', async (t) => {
  const { now } = Date
  t.intercept(Date, 'now', { value: () => now() - DAY_MS })
  t.match(
    await said({ ...CLIENT, ...mtls('cert.pem', 'key.pem') }),
    'tlsCertFile: expected a certificate that is valid by now: this one begins on 20',
  )
})

const files: [what: string, text: string, said: string][] = [
  [
    'no cluster of that name',
    'clusters: {a: {authStrategy: NONE}, b: {authStrategy: NONE}}\ndefaultCluster: c',
    'defaultCluster: expected the name of one of the clusters: a, b',
  ],
  [
    'two clusters and no default',
    'clusters: {a: {authStrategy: NONE}, b: {authStrategy: NONE}}',
    'defaultCluster: expected the name of the cluster that /v2 leads to, one of a, b',
  ],
  [
    'a misspelt key of a cluster',
    'clusters: {a: {authStrategi: NONE, authStrategy: NONE}}',
    'clusters.a.authStrategi: expected a setting of a cluster; did you mean authStrategy?',
  ],
  [
    'clusters that are no map',
    'authStrategy: NONE\nclusters: [a, b]',
    'clusters: expected a map from at most',
  ],
  [
    'a cluster of two methods',
    'clusters: {a: {clientId: id, oauthToken: token}}',
    'clusters.a.authStrategy: expected it to say which, since OAUTH (clientId) and BEARER (oauthToken) are given',
  ],
]

for (const [what, text, expected] of files) {
  t.test(what, async (t) => {
    const path = `${t.testdir({ 'settings.yaml': text })}/settings.yaml`
    const found = await said({ CAMUNDA_REST_ADDRESS: '', CAMUNDA_PROXY_PORT: '8081' }, ['--config', path])
    t.ok(found.startsWith(expected), found)
    t.equal(found.split('\n').length, 1)
  })
}

t.test('what only looks like a mistake is none, or a warning', async (t) => {
  const here = { CAMUNDA_REST_ADDRESS: 'http://localhost:26500' }
  const local = { ...here, CAMUNDA_OAUTH_URL: 'http://localhost:18080/token' }
  const shells = [{ HTTPS_PROXY: `socks5://x:${CANARY}@y:1` }, { http_proxy: '::' }, { HTTP_PROXY: CANARY }]
  for (const shell of shells)
    t.same((await load({ ...local, ...shell })).warnings, [], 'not on the way to loopback')
  for (const HTTPS_PROXY of ['proxy.example:3128', 'HTTP://proxy.example', 'https://u:p%40@[fd00::1]:8443/'])
    t.ok(await load({ HTTPS_PROXY }), `${HTTPS_PROXY} is one`)
  t.ok(await load({ CAMUNDA_CUSTOM_ROOT_CERT_PATH: at('bundle.pem') }), 'one of a bundle has expired')
  t.ok(await load({ ...mtls('cert.pem', 'locked.pem'), CAMUNDA_MTLS_KEY_PASSPHRASE: CANARY }))
  const ambient = await load({ ...here, CAMUNDA_AUTH_STRATEGY: 'NONE' })
  t.same(ambient.warnings, ['clientId is not used, since authStrategy is NONE'])
  const { warnings } = await load({ CAMUNDA_CLIENT_SECRET: '', CAMUNDA_CLIENT_SECRET_FILE: at('open') })
  t.same(warnings, [`${at('open')} is readable by every user of this machine: chmod 600 it`])
  t.ok(await loadSettings([], { ...here, ...COOKIE }))
})

t.test('the demo user is for this machine, whatever is logged in to', async (t) => {
  const demo = { CAMUNDA_AUTH_STRATEGY: 'COOKIE', CAMUNDA_REST_ADDRESS: 'http://localhost:26500' }
  t.ok(await loadSettings([], demo))
  const elsewhere = { CAMUNDA_PROXY_APIS: 'operate', CAMUNDA_OPERATE_BASE_URL: 'https://operate.example' }
  t.match(await said({ ...demo, ...elsewhere }), /^cookieAuthPassword: expected a password/)
  t.match(
    await said({ ...demo, CAMUNDA_COOKIE_AUTH_URL: 'https://login.example/login' }),
    /^cookieAuthUsername/,
  )
  const { settings } = await loadSettings([], { ...demo, ...COOKIE, ...elsewhere })
  t.match(settings.defaultCluster.apis.get('operate')?.auth, {
    strategy: 'COOKIE',
    cluster: { origin: 'https://operate.example' },
  })
})
