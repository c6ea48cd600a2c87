import t from 'tap'
import type { IssuedCredential } from '../../src/credentials/credential.ts'
import {
  failing,
  hanging,
  healthy,
  keeperLab,
  MINUTE,
  outcome,
  slowly,
  warmLab,
} from '../helpers/keeper-lab.ts'

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
  lab.provider = slowly(lab.clock, 100, healthy(5 * MINUTE))
  lab.keeper.start()
  await lab.clock.settle()
  lab.clock.sleep(10 * MINUTE)
  await lab.clock.advance(100)
  t.match(lab.events, [{ type: 'acquired', generation: 1, renewInMs: 0 }])
  t.equal(lab.keeper.current(), undefined, 'it has lapsed before it came')
  await lab.clock.advance(5_000)
  t.equal(lab.keeper.current()?.generation, 2, 'and another is fetched')
})

t.test(
  'stopped during an attempt: its answer is heard first, and another is asked for if there is none',
  async (t) => {
    for (const isReset of [false, true]) {
      const lab = keeperLab(hanging)
      if (isReset) lab.provider = slowly(lab.clock, 200, failing())
      const call = outcome(lab.keeper.obtain())
      await lab.clock.advance(100)
      lab.clock.stall(2 * MINUTE)
      lab.provider = healthy()
      await lab.clock.advance(2_000)
      t.equal(call.value?.generation, 1)
      t.equal(lab.asked.length, 2)
    }
    const lab = keeperLab()
    let answer = (_issued: IssuedCredential) => {}
    lab.provider = () => new Promise((resolve) => (answer = resolve))
    const call = outcome(lab.keeper.obtain())
    await lab.clock.advance(100)
    lab.clock.stall(2 * MINUTE)
    await lab.clock.advance(1)
    answer({ headers: ['authorization', 'Bearer heard'], lifetimeMs: 5 * MINUTE })
    await lab.clock.settle()
    t.strictSame(call.value?.headers, ['authorization', 'Bearer heard'])
    t.equal(lab.asked.length, 1)
  },
)

t.test('an attempt that is interrupted again and again is given up in the end', async (t) => {
  const lab = keeperLab(hanging)
  lab.keeper.start()
  for (let time = 0; time < 4; time++) {
    await lab.clock.advance(2_000)
    lab.clock.sleep(MINUTE)
  }
  await lab.clock.advance(2_000)
  t.ok(lab.asked.length <= 5, `asked ${lab.asked.length} times`)
  t.match(lab.events[0], { type: 'failed', failure: { code: 'timeout' } })
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
  t.equal(call.settled, false, 'asked once more: the connection that was kept may be gone')
  await lab.clock.advance(1_000)
  t.equal(lab.asked.length, 3)
  t.match(call.error, { code: 'credential-unavailable' })
  lab.provider = healthy()
  await lab.clock.advance(2_000)
  t.ok(lab.keeper.current())
})
