import t from 'tap'
import { elapsedMs, instant, setLimit } from '../../src/credentials/clock.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

function limitLab(ms: number) {
  const clock = new VirtualClock()
  const lab = { clock, up: false, cancel: () => {} }
  lab.cancel = setLimit(clock, () => (lab.up = true), ms)
  return lab
}

t.test('it is up when it says, and can be cancelled', async (t) => {
  const lab = limitLab(2_500)
  await lab.clock.advance(2_499)
  t.equal(lab.up, false)
  await lab.clock.advance(1)
  t.equal(lab.up, true)
  const other = limitLab(2_500)
  await other.clock.advance(2_000)
  other.cancel()
  await other.clock.advance(2_000)
  t.same([other.up, other.clock.pendingTimers], [false, 0])
})

t.test('a time in which nothing could be heard counts for a second at most', async (t) => {
  const lab = limitLab(10_000)
  await lab.clock.advance(1_500)
  lab.clock.stall(60_000)
  await lab.clock.advance(7_900)
  t.equal(lab.up, false)
  await lab.clock.advance(200)
  t.equal(lab.up, true)
})

t.test('at its end there is a moment for what has come meanwhile', async (t) => {
  const lab = limitLab(1_000)
  await lab.clock.advance(900)
  lab.clock.stall(60_000)
  await lab.clock.advance(50)
  t.equal(lab.up, false)
  await lab.clock.advance(100)
  t.equal(lab.up, true)
})

t.test('an instant of another process counts stops and sleep, and no wall clock set back', async (t) => {
  const then = { monotonic: 1_000, wall: 50_000 }
  t.equal(elapsedMs(then, { monotonic: 3_000, wall: 52_000 }), 2_000)
  t.equal(elapsedMs(then, { monotonic: 3_000, wall: 3_652_000 }), 3_602_000)
  t.equal(elapsedMs(then, { monotonic: 3_000, wall: 1_000 }), 2_000)
  t.ok(elapsedMs(instant()) < 1_000)
})
