import t from 'tap'
import { failing, hanging, healthy, keeperLab, outcome, slowly, warmLab } from '../helpers/keeper-lab.ts'

const bearer = (number: number) => ['authorization', `Bearer token-${number}`]

t.test('cold: fifty callers wait for one attempt', async (t) => {
  const lab = keeperLab()
  t.equal(lab.keeper.status().state, 'cold')
  t.equal(lab.keeper.current(), undefined)
  const credentials = await Promise.all(Array.from({ length: 50 }, () => lab.keeper.obtain()))
  t.equal(lab.asked.length, 1)
  for (const credential of credentials) t.strictSame(credential.headers, bearer(1))
  t.equal(lab.keeper.status().state, 'fresh')
})

t.test('fresh, renewing, fresh: at three quarters of its life, with the old one in use', async (t) => {
  const lab = await warmLab(healthy(100_000))
  t.match(lab.events, [{ type: 'acquired', generation: 1, lifetimeMs: 100_000, renewInMs: 75_000 }])
  await lab.clock.advance(74_999)
  t.equal(lab.asked.length, 1)
  let land = () => {}
  lab.provider = (number, signal) =>
    new Promise((resolve) => {
      land = () => void healthy(100_000)(number, signal).then(resolve)
    })
  await lab.clock.advance(1)
  t.equal(lab.asked.length, 2, 'without any request')
  t.equal(lab.keeper.status().state, 'renewing')
  t.strictSame(lab.keeper.current()?.headers, bearer(1))
  t.strictSame((await lab.keeper.obtain()).headers, bearer(1), 'nobody waits')
  land()
  await lab.clock.settle()
  t.strictSame(lab.keeper.current()?.headers, bearer(2))
  t.equal(lab.keeper.current()?.generation, 2)
  t.equal(lab.keeper.status().state, 'fresh')
})

t.test('the life of a credential counts from when it was asked for', async (t) => {
  const lab = keeperLab()
  lab.provider = slowly(lab.clock, 4_000, healthy(100_000))
  lab.keeper.start()
  await lab.clock.advance(4_000)
  t.equal(lab.keeper.current()?.acquiredAt, 0)
  t.equal(lab.keeper.current()?.usableUntil, 95_000)
})

t.test('degraded, then expired: the old one is used to its margin and no longer', async (t) => {
  const lab = await warmLab(healthy(100_000))
  lab.provider = failing()
  await lab.clock.advance(76_000)
  t.equal(lab.keeper.status().state, 'degraded')
  t.strictSame(lab.keeper.current()?.headers, bearer(1))
  await lab.clock.advance(18_999)
  t.strictSame(lab.keeper.current()?.headers, bearer(1), 'to the last moment')
  await lab.clock.advance(1)
  t.equal(lab.keeper.current(), undefined)
  t.equal(lab.keeper.status().state, 'expired')
  lab.provider = healthy(100_000)
  await lab.clock.advance(5_000)
  t.equal(lab.keeper.status().state, 'fresh', 'back within five seconds, without any request')
})

t.test('a provider that hangs at renewal costs callers two seconds at most', async (t) => {
  const lab = await warmLab(healthy(12_000))
  lab.provider = hanging
  await lab.clock.advance(10_900)
  t.equal(lab.keeper.current(), undefined)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.advance(1_999)
  t.notOk(call.settled)
  await lab.clock.advance(1)
  t.match(call.error, { code: 'credential-unavailable', retryAfterS: 1 })
})

t.test('a provider that hangs at a cold start: ten seconds, then a word at once', async (t) => {
  const lab = keeperLab(hanging)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.advance(9_999)
  t.notOk(call.settled)
  await lab.clock.advance(1)
  t.match(call.error, { code: 'credential-unavailable' })
  t.match(lab.events, [{ type: 'failed', failure: { code: 'timeout' } }])
  const next = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  t.match(next.error, { code: 'credential-unavailable', message: /did not answer within 10 s/ })
})
