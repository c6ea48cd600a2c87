import t from 'tap'
import { cluster, identityProvider } from './demo.ts'

t.test('204', async (t) => {
  const { url } = await cluster(t, await identityProvider(t))
  t.equal((await fetch(`${url}/v2/status`)).status, 204)
})
