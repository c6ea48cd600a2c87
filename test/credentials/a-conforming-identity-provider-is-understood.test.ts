import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt } from 'jose'
import { Provider } from 'oidc-provider'
import t, { type Test } from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { failureOf, sourceFor } from '../helpers/oauth-lab.ts'

/** Printable ASCII: RFC 6749 appendix A allows no more. */
const CLIENT_SECRET = 'canary secret/&+4f'

/** A real OpenID provider, whose tokens are JWTs or opaque. Returns its token URL. */
async function oidcServer(t: Test, accessTokenFormat: 'jwt' | 'opaque'): Promise<string> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const audience = 'https://cluster.example'
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: 'the client',
        client_secret: CLIENT_SECRET,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    ttl: { ClientCredentials: 42 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({ scope: 'api', audience, accessTokenFormat }),
      },
    },
  })
  server.on('request', provider.callback())
  return `${issuer}/token`
}

for (const format of ['jwt', 'opaque'] as const) {
  t.test(`tokens that are ${format}`, async (t) => {
    const tokenUrl = await oidcServer(t, format)
    const source = sourceFor(t, tokenUrl, {
      secret: Secret.ofValue(CLIENT_SECRET),
      audience: 'https://cluster.example',
      scope: 'api',
    })
    const issued = await source.acquire(new AbortController().signal)
    t.equal(issued.lifetimeMs, 42_000)
    const token = issued.headers[1]?.slice('Bearer '.length) ?? ''
    t.equal(token.split('.').length === 3, format === 'jwt')
    if (format === 'jwt')
      t.match(decodeJwt(token), { aud: 'https://cluster.example', client_id: 'the client' })
  })
}

t.test('a wrong secret', async (t) => {
  const tokenUrl = await oidcServer(t, 'opaque')
  const wrong = 'canary-wrong-secret'
  const source = sourceFor(t, tokenUrl, { secret: Secret.ofValue(wrong) })
  const failed = await failureOf(source.acquire(new AbortController().signal), [wrong])
  t.match(failed, { code: 'invalid_client', refused: true })
})
