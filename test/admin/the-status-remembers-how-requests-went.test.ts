import t from 'tap'
import { MAX_STEPS, RequestsHistory, STEP_MS } from '../../src/admin/requests-history.ts'
import type { StatusSnapshot } from '../../src/admin/status.ts'
import { sum, type Tally } from '../../src/gateway/tally.ts'
import { setUp } from '../helpers/proxy.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const tally = (requests: Tally['requests']): Tally => ({ ...sum([]), requests })

t.test('before anybody looked, step by step and by who answered', async (t) => {
  const clock = new VirtualClock()
  const { proxy } = await setUp(t, { clock })
  await clock.settle()
  for (const path of ['/v2/topology', '/v2/topology', '/v1/x']) await (await fetch(proxy.url + path)).text()
  await clock.advance(STEP_MS)
  await clock.settle()
  const answer = await fetch(`${proxy.adminUrl}/status.json`)
  const { requests, problems } = (await answer.json()) as StatusSnapshot
  t.strictSame(requests, {
    stepMs: STEP_MS,
    steps: [{ agoMs: 0, counts: { '2xx': 2, '3xx': 0, '4xx': 0, '5xx': 0, proxy: 1 } }],
  })
  t.match(problems, [{ code: 'path-not-allowed', fault: 'caller', cure: /base URL/, count: 1 }])
  const { pendingTimers } = clock
  await proxy.app.close()
  t.ok(clock.pendingTimers < pendingTimers, 'and stops when the listener closes')
})

t.test('for five minutes and no longer, and no count is below nothing', async (t) => {
  const history = new RequestsHistory()
  for (let i = 0; i <= MAX_STEPS + 5; i++) history.add(tally({ 'GET 200 cluster': i }), i * STEP_MS)
  const now = (MAX_STEPS + 5) * STEP_MS
  t.equal(history.steps(now).length, MAX_STEPS)
  t.ok(history.steps(now).every(({ counts }) => counts['2xx'] === 1))
  t.same(history.steps(now + MAX_STEPS * STEP_MS), [])
  history.add(tally({ 'GET 200 cluster': 1, 'OPTIONS 204 proxy': 1 }), now + STEP_MS)
  t.match(history.steps(now + STEP_MS).at(-1), { counts: { '2xx': 0, proxy: 0 } })
})
