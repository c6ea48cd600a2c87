import t from 'tap'
import { authorization, cluster, identityProvider } from './demo.ts'

t.test('a token is refused from the second in which it expires', async (t) => {
  const provider = await identityProvider(t, { lifetimeS: 0 })
  const { url } = await cluster(t, provider)
  const response = await fetch(`${url}/v2/topology`, { headers: await authorization(provider) })

  t.equal(response.status, 401)
  t.equal(response.headers.get('www-authenticate'), 'Bearer error="invalid_token"')
  t.match(await response.json(), { detail: /"exp"/ })
})
