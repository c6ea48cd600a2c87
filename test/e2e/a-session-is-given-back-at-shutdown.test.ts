import t from 'tap'
import { search, setUpCookie } from '../helpers/methods.ts'

for (const generation of ['8.6', '8.8'] as const) {
  t.test(generation, async (t) => {
    const { cluster, proxy } = await setUpCookie(t, { generation })
    t.equal((await search(proxy.url)).status, 200)
    t.equal(cluster.sessions(), 1)
    await proxy.app.close()
    t.equal(cluster.logouts(), 1)
    t.equal(cluster.sessions(), 0)
  })
}

t.test('a cluster that is gone does not hold the shutdown up', async (t) => {
  const { cluster, proxy } = await setUpCookie(t)
  await cluster.close()
  const startedAt = performance.now()
  await proxy.app.close()
  t.ok(performance.now() - startedAt < 20_000)
})
