import t from 'tap'
import { authorization, cluster, identityProvider } from './demo.ts'

t.test('503 while the identity provider cannot be reached', async (t) => {
  const provider = await identityProvider(t)
  const { url } = await cluster(t, provider)
  const headers = await authorization(provider)
  await provider.close()
  t.equal((await fetch(`${url}/v2/topology`, { headers })).status, 503)
})
