import t from 'tap'
import { demo } from './demo.ts'

for (const [requestTimeout, atLeastMs, belowMs] of [
  // Long before the 10 s that it takes by default.
  [300, 290, 9_000],
  [-1, 0, 9_000],
] as const) {
  t.test(`${requestTimeout} ms`, async (t) => {
    const { cluster, headers } = await demo(t)
    await fetch(`${cluster.url}/v2/topology`, { headers })
    const start = performance.now()
    const response = await fetch(`${cluster.url}/v2/jobs/activation`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ type: 'pay', timeout: 1_000, maxJobsToActivate: 1, requestTimeout }),
    })
    t.same(await response.json(), { jobs: [] })
    const elapsed = performance.now() - start
    t.ok(elapsed >= atLeastMs && elapsed < belowMs, `took ${Math.round(elapsed)} ms`)
  })
}
