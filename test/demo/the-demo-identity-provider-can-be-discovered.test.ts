import { allowInsecureRequests, ClientSecretPost, clientCredentialsGrant, discovery } from 'openid-client'
import t from 'tap'
import { client, identityProvider } from './demo.ts'

t.test('openid-client finds the token endpoint and gets a token', async (t) => {
  const provider = await identityProvider(t)
  const config = await discovery(
    new URL(provider.issuer),
    client.clientId,
    undefined,
    ClientSecretPost(client.clientSecret),
    { execute: [allowInsecureRequests] },
  )
  const token = await clientCredentialsGrant(config, { audience: client.audience })

  t.equal(config.serverMetadata().token_endpoint, provider.tokenUrl)
  t.equal(token.expires_in, 20)
})
