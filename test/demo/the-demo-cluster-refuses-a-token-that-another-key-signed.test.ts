import { decodeProtectedHeader, generateKeyPair, SignJWT } from 'jose'
import t from 'tap'
import { authorization, client, cluster, demo, identityProvider } from './demo.ts'

t.test('the key of another identity provider', async (t) => {
  const { url } = await cluster(t, await identityProvider(t))
  const headers = await authorization(await identityProvider(t))
  const response = await fetch(`${url}/v2/topology`, { headers })

  t.equal(response.status, 401)
  t.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
})

t.test('a key that bears the name of the right one', async (t) => {
  const { cluster, provider, headers } = await demo(t)
  const { kid = '' } = decodeProtectedHeader(headers.authorization.slice('Bearer '.length))
  const { privateKey } = await generateKeyPair('ES256')
  const forged = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid })
    .setIssuer(provider.issuer)
    .setAudience(client.audience)
    .setExpirationTime('1 minute')
    .sign(privateKey)
  const response = await fetch(`${cluster.url}/v2/topology`, {
    headers: { authorization: `Bearer ${forged}` },
  })

  t.equal(response.status, 401)
  t.match(await response.json(), { detail: /signature/ })
})

t.test('no key at all', async (t) => {
  const { cluster, headers } = await demo(t)
  const [, payload] = headers.authorization.split('.')
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
  const response = await fetch(`${cluster.url}/v2/topology`, {
    headers: { authorization: `Bearer ${unsigned}` },
  })
  t.equal(response.status, 401)
})
