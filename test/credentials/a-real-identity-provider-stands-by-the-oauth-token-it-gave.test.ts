import { createRemoteJWKSet, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { failureOf, sourceFor } from '../helpers/oauth-lab.ts'
import { oidcServer } from '../helpers/oidc-server.ts'

const client = { client_id: 'the client', client_secret: 'canary secret/&+=%"4f' }
const audience = 'https://cluster.example'
type Server = Parameters<typeof oidcServer>[1]
type Asked = Omit<NonNullable<Parameters<typeof sourceFor>[2]>, 'tokenUrl'>

const server = (t: Test, options: Partial<Server> = {}) =>
  oidcServer(t, { client, audience, accessTokenFormat: 'jwt', lifetimeS: 42, ...options })

function ask(t: Test, tokenUrl: string, asked: Asked = {}) {
  const source = sourceFor(t, tokenUrl, { secret: Secret.ofValue(client.client_secret), ...asked })
  return source.acquire(new AbortController().signal)
}

const tokenIn = (headers: readonly string[]) => headers[1]?.replace(/^Bearer /, '') ?? ''

t.test('a JWT whose signature, issuer and audience are right', async (t) => {
  const { issuer, tokenUrl } = await server(t)
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`))
  for (const asked of [{}, { audience }, { scope: 'api' }, { audience, scope: 'api' }]) {
    const { headers, lifetimeMs } = await ask(t, tokenUrl, asked)
    t.equal(lifetimeMs, 42_000)
    const { payload } = await jwtVerify(tokenIn(headers), keys, { issuer, audience })
    t.match(payload, { client_id: client.client_id, sub: client.client_id })
    t.equal(payload.scope, 'scope' in asked ? 'api' : undefined)
  }
})

t.test('an opaque token that the provider knows again', async (t) => {
  const { issuer, tokenUrl } = await server(t, { accessTokenFormat: 'opaque', lifetimeS: 7 })
  const { headers, lifetimeMs } = await ask(t, tokenUrl, { audience, scope: 'api' })
  t.equal(lifetimeMs, 7_000)
  const answer = await fetch(`${issuer}/token/introspection`, {
    method: 'POST',
    body: new URLSearchParams({ ...client, token: tokenIn(headers) }),
  })
  t.match(await answer.json(), { active: true, client_id: client.client_id, scope: 'api', aud: audience })
})

t.test('what it refuses is told in its words', async (t) => {
  const wrong = Secret.ofValue('canary-wrong')
  const refusals: [string, Partial<Server>, Asked, { code: string; message: RegExp }][] = [
    [
      'a wrong secret',
      {},
      { secret: wrong },
      { code: 'invalid_client', message: /answered status 40[01] invalid_client/ },
    ],
    [
      'a client that it does not know',
      { client: { ...client, client_id: 'another' } },
      {},
      { code: 'invalid_client', message: /answered status 40[01] invalid_client/ },
    ],
    [
      'a client without this grant',
      { client: { ...client, grant_types: [] } },
      {},
      { code: 'invalid_request', message: /answered status 400 invalid_request \(.*grant type.*\)\.$/ },
    ],
  ]
  for (const [what, options, asked, told] of refusals) {
    t.test(what, async (t) => {
      const { tokenUrl } = await server(t, options)
      const failed = await failureOf(ask(t, tokenUrl, asked), ['canary'])
      t.match(failed, { ...told, refused: true })
      t.match(failed.message, `The identity provider ${new URL(tokenUrl).host} `)
    })
  }
})
