import { generateKeyPairSync } from 'node:crypto'
import { createRemoteJWKSet, exportJWK, jwtVerify } from 'jose'
import type { ClientMetadata } from 'oidc-provider'
import t, { type Test } from 'tap'
import { Agent } from 'undici'
import type { SigningAlgorithm } from '../../src/config/key-material.ts'
import { Secret } from '../../src/config/secrets.ts'
import type { ClientAuth } from '../../src/config/settings.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { failureOf, type LabOptions, sourceFor } from '../helpers/oauth-lab.ts'
import { oidcServer } from '../helpers/oidc-server.ts'

const SECRET = "canary secret/&+=%'4f:(~)*"
const audience = 'https://cluster.example'
const client_id = 'the client: +%/'
type Client = Partial<ClientMetadata>

const server = (t: Test, client: Client, tls?: { key: string; cert: string; ca: string }) =>
  oidcServer(t, {
    client: { client_id, ...client },
    audience,
    accessTokenFormat: 'jwt',
    lifetimeS: 42,
    ...(tls && { tls }),
  })

function ask(t: Test, tokenUrl: string, options: LabOptions) {
  return sourceFor(t, tokenUrl, { clientId: client_id, ...options }).acquire(new AbortController().signal)
}

async function takes(t: Test, client: Client, clientAuth: ClientAuth) {
  const { issuer, tokenUrl } = await server(t, client)
  const { headers } = await ask(t, tokenUrl, { clientAuth })
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
  const { payload } = await jwtVerify(headers[1]?.replace(/^Bearer /, '') ?? '', keys, { issuer, audience })
  t.equal(payload.sub, client_id)
}

function keyPair(algorithm: SigningAlgorithm) {
  const { privateKey, publicKey } =
    algorithm === 'ES256'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
  return { pem: String(privateKey.export({ type: 'pkcs8', format: 'pem' })), publicKey }
}

async function jwtClient(algorithm: SigningAlgorithm, kid: string) {
  const { pem, publicKey } = keyPair(algorithm)
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' }
  const client: Client = {
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: algorithm,
    jwks: { keys: [jwk] },
  }
  return { client, pem }
}

const jwtAuth = (pem: string, algorithm: SigningAlgorithm | undefined, keyId?: string): ClientAuth => ({
  method: 'private_key_jwt',
  key: Secret.ofValue(pem),
  algorithm,
  keyId,
  certificate: undefined,
})

for (const method of ['client_secret_post', 'client_secret_basic'] as const) {
  t.test(method, async (t) => {
    const client = { client_secret: SECRET, token_endpoint_auth_method: method }
    await takes(t, client, { method, secret: Secret.ofValue(SECRET) })
  })
}

for (const algorithm of ['RS256', 'PS256', 'ES256'] as const) {
  t.test(`private_key_jwt with ${algorithm}`, async (t) => {
    const { client, pem } = await jwtClient(algorithm, 'the key')
    await takes(t, client, jwtAuth(pem, algorithm, 'the key'))
    if (algorithm !== 'PS256') await takes(t, client, jwtAuth(pem, undefined))
  })

  t.test(`private_key_jwt with another key for ${algorithm}, or another name for it`, async (t) => {
    const { client, pem } = await jwtClient(algorithm, 'the key')
    const { tokenUrl } = await server(t, client)
    for (const clientAuth of [
      jwtAuth(keyPair(algorithm).pem, algorithm, 'the key'),
      jwtAuth(pem, algorithm, 'no key'),
    ]) {
      const failed = await failureOf(ask(t, tokenUrl, { clientAuth }), ['PRIVATE KEY', 'eyJ', 'canary'])
      t.match(failed, {
        code: 'invalid_client',
        refused: true,
        message: /answered status 40[01] invalid_client/,
      })
    }
  })
}

t.test('a token endpoint that it names itself', async (t) => {
  const { issuer } = await server(t, { client_secret: SECRET })
  const secret = Secret.ofValue(SECRET)
  const { lifetimeMs } = await ask(t, issuer, { secret, identityProvider: { issuer: new URL(issuer) } })
  t.equal(lifetimeMs, 42_000)
})

t.test('tls_client_auth', async (t) => {
  const [here, there, stranger] = [selfSigned('localhost'), selfSigned('client'), selfSigned('stranger')]
  const client: Client = {
    token_endpoint_auth_method: 'tls_client_auth',
    tls_client_auth_subject_dn: 'CN=client',
  }
  const { issuer, tokenUrl } = await server(t, client, { ...here, ca: `${there.cert}\n${stranger.cert}` })
  const clientAuth = { method: 'tls_client_auth' } as const
  const agent = (shown?: { key: string; cert: string }) =>
    new Agent({ connect: { ca: here.cert, minVersion: 'TLSv1.2', ...shown } })

  t.match(await ask(t, tokenUrl, { clientAuth, dispatcher: agent(there) }), { lifetimeMs: 42_000 })
  const identityProvider = { issuer: new URL(issuer) }
  t.ok(await ask(t, tokenUrl, { clientAuth, identityProvider, dispatcher: agent(there) }), 'discovered')
  for (const shown of [stranger, undefined]) {
    t.match(await failureOf(ask(t, tokenUrl, { clientAuth, dispatcher: agent(shown) }), ['PRIVATE KEY']), {
      code: 'invalid_client',
      refused: true,
    })
  }
})
