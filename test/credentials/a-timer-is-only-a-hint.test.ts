import t from 'tap'
import { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { Pace } from '../../src/credentials/pace.ts'
import { failing, given, hanging, healthy, MINUTE, warmLab } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const HOUR = 60 * MINUTE

t.test(
  'renewed at the planned instant, as exactly as timers are, whatever the lifetime and the draw',
  async (t) => {
    for (const lifetime of [5_000, 12_000, 5 * MINUTE, 24 * HOUR]) {
      for (const [random, share] of [
        [0, 0.7],
        [0.5, 0.75],
        [0.999, 0.7999],
      ] as const) {
        const lab = await warmLab(healthy(lifetime), () => random)
        await lab.clock.advance(lifetime * share - 1)
        t.equal(lab.asked.length, 1)
        await lab.clock.advance(2)
        t.equal(lab.asked.length, 2, `${lifetime} ms at ${share}`)
        t.equal(given(lab).generation, 2)
      }
    }
  },
)

t.test('no timer is set for longer than a minute', async (t) => {
  const delays: number[] = []
  const clock = new VirtualClock()
  const set = clock.setTimer.bind(clock)
  clock.setTimer = (action, delayMs) => {
    delays.push(delayMs)
    return set(action, delayMs)
  }
  const source = { acquire: () => healthy(24 * HOUR)(1, AbortSignal.abort()), fingerprint: async () => '' }
  const keeper = new CredentialKeeper({ source, clock, pace: new Pace(), random: () => 0, onEvent() {} })
  keeper.start()
  await clock.advance(24 * HOUR)
  t.ok(delays.length > 1_000)
  t.ok(delays.every((delay) => delay >= 0 && delay <= MINUTE))
})

t.test('late by minutes: a look at the clock sets going what was due', async (t) => {
  const lab = await warmLab(healthy(10 * MINUTE))
  lab.clock.stall(8 * MINUTE)
  t.equal(given(lab).generation, 1, 'the old one is good for another minute and a half')
  t.equal(lab.keeper.status().state, 'renewing')
  await lab.clock.settle()
  t.equal(given(lab).generation, 2)
  await lab.clock.advance(1)
  t.equal(lab.asked.length, 2, 'and the late timer does not do it again')
})

t.test('late past expiry: callers get a fresh one, all the same one', async (t) => {
  const lab = await warmLab(healthy(10 * MINUTE))
  lab.clock.stall(25 * MINUTE)
  const credentials = await Promise.all(Array.from({ length: 20 }, () => lab.keeper.obtain()))
  t.ok(credentials.every((credential) => credential.generation === 2))
  t.equal(lab.asked.length, 2)
})

t.test('late after a failure: a caller does not wait for the timer to try again', async (t) => {
  const lab = await warmLab(failing())
  lab.clock.stall(3 * MINUTE)
  lab.provider = healthy()
  t.equal((await lab.keeper.obtain()).generation, 1)
})

t.test('late while an attempt hangs: it is given up when the timer comes', async (t) => {
  const lab = await warmLab(hanging)
  lab.clock.stall(4 * MINUTE)
  t.equal(lab.keeper.status().state, 'cold')
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  t.equal(given(lab).generation, 1)
})

t.test('a busy hot path plans nothing twice', async (t) => {
  const lab = await warmLab(healthy(100_000))
  lab.provider = hanging
  await lab.clock.advance(75_000)
  for (let i = 0; i < 1_000; i++) lab.keeper.current()
  t.equal(lab.asked.length, 2)
  t.equal(lab.clock.pendingTimers, 1, 'the ten seconds of the attempt')
})
