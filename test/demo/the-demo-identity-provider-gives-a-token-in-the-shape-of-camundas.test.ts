import { createRemoteJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { client, identityProvider, requestToken, token } from './demo.ts'

t.test('the answer has the members of Camunda’s, and may not be stored', async (t) => {
  const provider = await identityProvider(t, { lifetimeS: 7 })
  const response = await requestToken(provider)

  t.equal(response.status, 200)
  t.equal(response.headers.get('cache-control'), 'no-store')
  t.match(await response.json(), {
    access_token: /^[\w-]+\.[\w-]+\.[\w-]+$/,
    expires_in: 7,
    refresh_expires_in: 0,
    token_type: 'Bearer',
    'not-before-policy': 0,
  })
  t.equal(provider.tokenRequests(), 1)
})

t.test('the token says whose it is and for how long, and the published key proves it', async (t) => {
  const provider = await identityProvider(t, { lifetimeS: 7 })
  const { payload } = await jwtVerify(await token(provider), createRemoteJWKSet(new URL(provider.jwksUrl)))

  t.match(payload, { iss: provider.issuer, sub: client.clientId, aud: client.audience, jti: String })
  t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 7)
})

t.test('no two tokens are the same', async (t) => {
  const provider = await identityProvider(t)
  t.not(await token(provider), await token(provider))
})
