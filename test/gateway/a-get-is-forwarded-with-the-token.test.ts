import t from 'tap'
import { setUp } from '../helpers/proxy.ts'

t.test('a GET is forwarded with the token, and its answer comes back', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const answer = await fetch(`${proxy.url}/v2/topology?a=1`)
  t.equal(answer.status, 200)
  t.same(await answer.json(), { ok: true })
  t.equal(cluster.seen[0]?.url, '/v2/topology?a=1')
  t.equal(cluster.seen[0]?.headers.authorization, 'Bearer token-1')
})
