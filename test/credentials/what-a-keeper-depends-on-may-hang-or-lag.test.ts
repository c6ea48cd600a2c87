import t from 'tap'
import { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { Pace } from '../../src/credentials/pace.ts'
import { failing, hanging, healthy, MINUTE, outcome, refusing, warmLab } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('a secret file that hangs is given up like a provider that hangs', async (t) => {
  const clock = new VirtualClock()
  const events: string[] = []
  const source = {
    fingerprint: () => new Promise<string>(() => {}),
    acquire: async () => ({ headers: [], lifetimeMs: MINUTE }),
  }
  const onEvent = (event: { type: string }) => events.push(event.type)
  const keeper = new CredentialKeeper({ source, clock, pace: new Pace(), random: () => 0.5, onEvent })
  keeper.start()
  await clock.advance(10_001)
  t.equal(keeper.status().state, 'expired')
  t.same(events, ['failed'])
  keeper.close()
  await clock.settle()
  t.equal(clock.pendingTimers, 0)
})

t.test('slots that were missed in a stall are not made up for in a burst', async (t) => {
  const clock = new VirtualClock()
  const pace = new Pace()
  const asked: number[] = []
  const source = {
    fingerprint: async () => '',
    acquire: async () => {
      asked.push(clock.monotonic())
      return { headers: ['authorization', `Bearer ${asked.length}`], lifetimeMs: 60 * MINUTE }
    },
  }
  const keepers = Array.from(
    { length: 5 },
    () => new CredentialKeeper({ source, clock, pace, random: () => 0.5, onEvent() {} }),
  )
  for (const keeper of keepers) keeper.start()
  await clock.settle()
  clock.stall(10_000)
  await clock.advance(10_000)
  t.equal(asked.length, 5)
  const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0))
  t.ok(
    gaps.every((gap) => gap >= 1_000),
    `${gaps}`,
  )
})

t.test(
  'once the cluster has taken a credential, a later revocation is healed without the old pause',
  async (t) => {
    const lab = await warmLab(healthy(5 * 60 * MINUTE))
    for (const pause of [1, 2, 4, 8, 10]) {
      await lab.clock.advance(pause * MINUTE)
      const refused = lab.keeper.current()
      if (refused !== undefined) await lab.keeper.reject(refused)
      const fresh = lab.keeper.current()
      if (fresh !== undefined) await lab.keeper.reject(fresh)
    }
    t.equal(lab.keeper.status().state, 'rejected')
    const current = lab.keeper.current()
    if (current === undefined) throw new Error('there is none')
    lab.keeper.accept(current)
    await lab.clock.advance(5 * MINUTE)
    t.ok(await lab.keeper.reject(current))
  },
)

t.test('a caller who joins a renewal that the machine slept through gets the one after it', async (t) => {
  const lab = await warmLab(healthy(5 * MINUTE))
  lab.provider = hanging
  await lab.clock.advance(225_100)
  t.equal(lab.asked.length, 2)
  lab.clock.sleep(10 * MINUTE)
  // Whoever was asked before has forgotten about it, and the connection is gone.
  lab.provider = healthy(5 * MINUTE)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.advance(2_000)
  t.equal(call.value?.generation, 2)
  t.equal(lab.asked.length, 3)
  t.strictSame(
    lab.events.filter(({ type }) => type === 'failed'),
    [],
    'nobody but this machine is to blame',
  )
})

t.test(
  'a refused client is left alone, though the network fails in between, and each is called by its name',
  async (t) => {
    const lab = await warmLab(refusing)
    lab.provider = failing()
    await lab.clock.advance(31_000)
    t.equal(lab.asked.length, 2)
    const call = outcome(lab.keeper.obtain())
    await lab.clock.settle()
    t.match(call.error, { code: 'credential-unavailable', message: /is down/ })
    await lab.clock.advance(25_000)
    t.equal(lab.asked.length, 2, 'the pause is still that of a refusal')
  },
)
