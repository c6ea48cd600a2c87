import { generateKeyPairSync } from 'node:crypto'
import { createRemoteJWKSet, exportJWK, jwtVerify } from 'jose'
import type { ClientMetadata } from 'oidc-provider'
import t, { type Test } from 'tap'
import { certificateAuthority, encrypted } from '../helpers/certificate.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { NO_CLIENT, search } from '../helpers/methods.ts'
import { type OidcServer, oidcServer } from '../helpers/oidc-server.ts'
import { runProxy } from '../helpers/proxy.ts'

const audience = 'https://cluster.example'
const SECRET = "canary secret/&+=%'4f"
const ID = 'the client: +%/'

interface Way {
  client: Partial<ClientMetadata>
  env(server: OidcServer): Record<string, string>
  tls?: { key: string; cert: string; ca: string }
}

/** Calls through the whole proxy, and returns the token that the cluster got. */
async function tokenFor(t: Test, { client, env, tls }: Way): Promise<{ token: string; server: OidcServer }> {
  const server = await oidcServer(t, {
    client: { client_id: ID, ...client },
    audience,
    accessTokenFormat: 'jwt',
    lifetimeS: 60,
    ...(tls && { tls }),
  })
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, {
    clusterUrl: cluster.url,
    tokenUrl: server.tokenUrl,
    env: { ...NO_CLIENT, CAMUNDA_CLIENT_ID: ID, ...env(server) },
  })
  t.equal((await search(proxy.url)).status, 200, proxy.log())
  t.notMatch(proxy.log(), /canary|PRIVATE KEY|eyJ/)
  return { token: cluster.seen[0]?.headers.authorization?.replace(/^Bearer /, '') ?? '', server }
}

async function takes(t: Test, way: Way) {
  const { token, server } = await tokenFor(t, way)
  const keys = createRemoteJWKSet(new URL(`${server.issuer}/jwks`))
  const { payload } = await jwtVerify(token, keys, { issuer: server.issuer, audience })
  t.equal(payload.sub, ID)
}

const byUrl = ({ tokenUrl }: OidcServer) => ({ CAMUNDA_OAUTH_URL: tokenUrl })
const byIssuer = ({ issuer }: OidcServer) => ({ CAMUNDA_PROXY_OAUTH_ISSUER: issuer })

for (const method of ['client_secret_post', 'client_secret_basic'] as const) {
  for (const where of [byUrl, byIssuer]) {
    t.test(`${method}, with the token endpoint ${where === byUrl ? 'as given' : 'as discovered'}`, (t) =>
      takes(t, {
        client: { client_secret: SECRET, token_endpoint_auth_method: method },
        env: (server) => ({
          ...where(server),
          CAMUNDA_CLIENT_SECRET: SECRET,
          CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: method,
        }),
      }),
    )
  }
}

t.test('private_key_jwt', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  const folder = t.testdir({ 'key.pem': pem })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'the key', alg: 'PS256', use: 'sig' }
  const client: Way['client'] = {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'PS256',
    jwks: { keys: [jwk] },
  }
  const how = {
    CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: 'private_key_jwt',
    CAMUNDA_PROXY_OAUTH_KEY_ALGORITHM: 'ps256',
    CAMUNDA_PROXY_OAUTH_KEY_ID: 'the key',
  }
  await takes(t, {
    client,
    env: (server) => ({ ...byUrl(server), ...how, CAMUNDA_PROXY_OAUTH_PRIVATE_KEY: pem }),
  })
  await takes(t, {
    client,
    env: (server) => ({
      ...byIssuer(server),
      ...how,
      CAMUNDA_PROXY_OAUTH_PRIVATE_KEY_FILE: `${folder}/key.pem`,
    }),
  })
})

t.test('tls_client_auth', async (t) => {
  const authority = certificateAuthority()
  const mine = authority.client('mine')
  const folder = t.testdir({
    'ca.pem': authority.cert,
    'cert.pem': mine.cert,
    'key.pem': mine.key,
    'locked.pem': encrypted(mine, 'canary passphrase'),
  })
  const way = (
    more: Record<string, string>,
    where = byUrl as (server: OidcServer) => Record<string, string>,
  ) => ({
    client: { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=mine' } as const,
    tls: { ...authority.server(), ca: authority.cert },
    env: (server: OidcServer) => ({
      ...where(server),
      CAMUNDA_PROXY_OAUTH_CLIENT_AUTH: 'tls_client_auth',
      CAMUNDA_PROXY_OAUTH_TLS_CA_FILE: `${folder}/ca.pem`,
      CAMUNDA_PROXY_OAUTH_TLS_CERT_FILE: `${folder}/cert.pem`,
      ...more,
    }),
  })
  const plain = { CAMUNDA_PROXY_OAUTH_TLS_KEY_FILE: `${folder}/key.pem` }
  const locked = {
    CAMUNDA_PROXY_OAUTH_TLS_KEY_FILE: `${folder}/locked.pem`,
    CAMUNDA_PROXY_OAUTH_TLS_KEY_PASSPHRASE: 'canary passphrase',
  }
  for (const one of [way(plain), way(locked), way(plain, byIssuer)]) {
    t.match((await tokenFor(t, one)).token, /^eyJ/)
  }
})
