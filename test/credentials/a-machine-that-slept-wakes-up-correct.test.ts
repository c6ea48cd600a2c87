import t from 'tap'
import { failing, healthy, keeperLab, MINUTE, outcome, slowly, warmLab } from '../helpers/keeper-lab.ts'

t.test(
  'asleep past expiry: the old credential is not used, and the first caller gets a new one',
  async (t) => {
    const lab = await warmLab(healthy(5 * MINUTE))
    lab.clock.sleep(60 * MINUTE)
    t.equal(lab.keeper.current(), undefined)
    const call = outcome(lab.keeper.obtain())
    await lab.clock.advance(1_000)
    t.equal(call.value?.generation, 2)
  },
)

t.test(
  'asleep past renewal only: the old one is used, and a renewal set going by the first look',
  async (t) => {
    const lab = await warmLab(healthy(100_000))
    await lab.clock.advance(5_000)
    lab.clock.sleep(75_000)
    t.equal(lab.keeper.current()?.generation, 1)
    await lab.clock.settle()
    t.equal(lab.keeper.current()?.generation, 2)
  },
)

t.test('awake again without any request: noticed within a minute', async (t) => {
  const lab = await warmLab(healthy(24 * 60 * MINUTE))
  lab.clock.sleep(30 * 60 * MINUTE)
  await lab.clock.advance(MINUTE)
  t.equal(lab.keeper.status().state, 'fresh')
  t.equal(lab.asked.length, 2)
})

t.test('asleep during an attempt: its time counts from when it was asked for', async (t) => {
  const lab = keeperLab()
  lab.provider = slowly(lab.clock, 1_000, healthy(5 * MINUTE))
  lab.keeper.start()
  await lab.clock.settle()
  lab.clock.sleep(10 * MINUTE)
  await lab.clock.advance(1_000)
  t.match(lab.events, [{ type: 'acquired', generation: 1, renewInMs: 0 }])
  t.equal(lab.keeper.current(), undefined, 'it has lapsed before it came')
  await lab.clock.advance(5_000)
  t.equal(lab.keeper.current()?.generation, 2, 'and another is fetched')
})

t.test('timers that are minutes late, and an event loop that was blocked', async (t) => {
  const lab = await warmLab(healthy(5 * MINUTE))
  lab.clock.stall(4 * MINUTE)
  t.equal(lab.keeper.current()?.generation, 1)
  await lab.clock.settle()
  t.equal(lab.keeper.current()?.generation, 2)
  lab.clock.stall(10 * MINUTE)
  t.equal(lab.keeper.current(), undefined)
  t.equal((await lab.keeper.obtain()).generation, 3)
})

t.test('a wall clock set back or forth by an hour: never an expired credential, never a storm', async (t) => {
  const lab = await warmLab(healthy(5 * MINUTE))
  lab.clock.setWall(-60 * MINUTE)
  t.equal(lab.keeper.current()?.generation, 1)
  await lab.clock.advance(4 * MINUTE)
  t.equal(lab.keeper.current()?.generation, 2, 'renewed in its own time')
  lab.clock.setWall(60 * MINUTE)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.advance(1_000)
  t.ok(call.value)
  t.equal(lab.asked.length, 3)
})

t.test('a network that is not yet up after waking', async (t) => {
  const lab = await warmLab(healthy(5 * MINUTE))
  await lab.clock.advance(1_000)
  lab.clock.sleep(60 * MINUTE)
  lab.provider = failing()
  const call = outcome(lab.keeper.obtain())
  await lab.clock.advance(10)
  t.match(call.error, { code: 'credential-unavailable' })
  lab.provider = healthy()
  await lab.clock.advance(2_000)
  t.ok(lab.keeper.current())
})
