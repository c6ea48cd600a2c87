import t from 'tap'
import { identityProvider, requestToken } from './demo.ts'

t.test('the token comes when the latency is over', async (t) => {
  const provider = await identityProvider(t, { latencyMs: 200 })
  const start = performance.now()
  t.equal((await requestToken(provider)).status, 200)
  t.ok(performance.now() - start > 190)
})
