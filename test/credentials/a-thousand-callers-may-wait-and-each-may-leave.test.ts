import t from 'tap'
import { deaf, given, hanging, healthy, keeperLab, outcome, slowly, warmLab } from '../helpers/keeper-lab.ts'

t.test('the next one is told at once, and takes the place of one who leaves', async (t) => {
  const lab = keeperLab()
  lab.provider = slowly(lab.clock, 5_000, healthy())
  const leaving = new AbortController()
  const first = outcome(lab.keeper.obtain(leaving.signal))
  const calls = Array.from({ length: 999 }, () => outcome(lab.keeper.obtain()))
  const tooMany = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  t.match(tooMany.error, { code: 'credential-unavailable', retryAfterS: 1 })
  leaving.abort(new Error('the caller left'))
  await lab.clock.settle()
  t.match(first.error, { message: 'the caller left' })
  const inItsPlace = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  t.notOk(inItsPlace.settled)
  await lab.clock.advance(5_000)
  t.equal(lab.asked.length, 1)
  t.ok([...calls, inItsPlace].every((call) => call.value?.generation === 1))
})

t.test('the last to leave does not end the attempt', async (t) => {
  const lab = keeperLab()
  lab.provider = slowly(lab.clock, 5_000, healthy())
  const leaving = new AbortController()
  const call = outcome(lab.keeper.obtain(leaving.signal))
  leaving.abort(new Error('the caller left'))
  await lab.clock.settle()
  t.match(call.error, { message: 'the caller left' })
  await lab.clock.advance(5_000)
  t.equal(given(lab).generation, 1)
  t.equal(lab.asked.length, 1)
})

t.test('one who has left before does not wait', async (t) => {
  const lab = keeperLab(hanging)
  const call = outcome(lab.keeper.obtain(AbortSignal.abort(new Error('the caller left'))))
  await lab.clock.settle()
  t.match(call.error, { message: 'the caller left' })
})

t.test('waiting for a replacement is bounded as well, and a 401 beyond it passes', async (t) => {
  const lab = await warmLab()
  await lab.clock.advance(10_000)
  lab.provider = deaf
  const refused = given(lab)
  const rejections = Array.from({ length: 1_001 }, () => outcome(lab.keeper.reject(refused)))
  await lab.clock.settle()
  t.same(rejections.at(-1), { settled: true, value: undefined })
  t.equal(rejections.filter((rejection) => rejection.settled).length, 1)
  await lab.clock.advance(3_000)
  t.ok(rejections.every((rejection) => rejection.settled && rejection.value === undefined))
  t.equal(lab.asked.length, 2)
})

t.test('nobody who waited leaves a timer behind', async (t) => {
  const lab = keeperLab()
  lab.provider = slowly(lab.clock, 500, healthy())
  const calls = Array.from({ length: 20 }, () => outcome(lab.keeper.obtain()))
  await lab.clock.advance(500)
  t.ok(calls.every((call) => call.value !== undefined))
  t.equal(lab.clock.pendingTimers, 1, 'the renewal')
})
