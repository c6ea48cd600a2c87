import t from 'tap'
import { authorization, cluster, identityProvider } from './demo.ts'

t.test('another audience', async (t) => {
  const provider = await identityProvider(t)
  const { url } = await cluster(t, provider, { audience: 'another-api' })
  const response = await fetch(`${url}/v2/topology`, { headers: await authorization(provider) })

  t.equal(response.status, 401)
  t.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  t.match(await response.json(), { detail: /"aud"/ })
})

t.test('another issuer', async (t) => {
  const provider = await identityProvider(t)
  const { url } = await cluster(t, provider, { issuer: 'https://another.example' })
  const response = await fetch(`${url}/v2/topology`, { headers: await authorization(provider) })

  t.equal(response.status, 401)
  t.match(await response.json(), { detail: /"iss"/ })
})
