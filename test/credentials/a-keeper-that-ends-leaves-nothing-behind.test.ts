import t from 'tap'
import { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { Keepers } from '../../src/credentials/keepers.ts'
import type { Pace } from '../../src/credentials/pace.ts'
import { hanging, healthy, keeperLab, MINUTE, outcome, refusing, warmLab } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('draining: it gives what it has, renews no more by itself, but on demand', async (t) => {
  const lab = await warmLab(healthy(100_000))
  lab.keeper.drain()
  t.equal(lab.keeper.status().state, 'draining')
  await lab.clock.advance(90_000)
  t.ok(lab.keeper.current())
  t.equal(lab.asked.length, 1)
  await lab.clock.advance(10_000)
  t.equal(lab.keeper.current(), undefined)
  t.equal((await lab.keeper.obtain()).generation, 2)
})

t.test('closed: attempts and waiters end, no timer is left, in every state', async (t) => {
  for (const lab of [keeperLab(), await warmLab(), await warmLab(refusing), keeperLab(hanging)]) {
    const call = outcome(lab.keeper.obtain())
    lab.keeper.close()
    await lab.clock.settle()
    t.ok(call.settled)
    t.equal(lab.clock.pendingTimers, 0)
    const asked = lab.asked.length
    await lab.clock.advance(60 * MINUTE)
    await t.rejects(lab.keeper.obtain().then((credential) => Promise.reject(credential)))
    t.equal(lab.asked.length, asked)
  }
  const lab = keeperLab(hanging)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  lab.keeper.close()
  await lab.clock.settle()
  t.match(call.error, { code: 'draining' })
})

t.test('keepers: one for each key, one pace for each token URL, and the bound holds', async (t) => {
  const keepers = new Keepers()
  const clock = new VirtualClock()
  const paces: Pace[] = []
  const closed: number[] = []
  const make = (number: number) => (pace: Pace) => {
    paces.push(pace)
    const source = { acquire: hanging.bind(undefined, 0), fingerprint: async () => '' }
    const keeper = new CredentialKeeper({ source, clock, pace, random: () => 0, onEvent() {} })
    const close = keeper.close.bind(keeper)
    keeper.close = () => {
      closed.push(number)
      close()
    }
    return keeper
  }
  const key = (clientId: string, tokenUrl = 'https://idp/token') => ({
    method: 'OAUTH',
    tokenUrl,
    clientId,
    audience: undefined,
    scope: undefined,
  })
  const first = keepers.get(key('a'), make(0))
  t.equal(keepers.get(key('a'), make(-1)), first)
  t.not(keepers.get({ ...key('a'), audience: 'x' }, make(1)), first)
  t.not(keepers.get(key('a', 'https://other/token'), make(2)), first)
  t.equal(paces[0], paces[1])
  t.not(paces[0], paces[2])
  for (let i = 3; i < 1_000; i++) keepers.get(key(`client-${i}`), make(i))
  t.same(closed, [])
  keepers.get(key('a'), make(-1))
  keepers.get(key('one more'), make(1_000))
  t.same(closed, [1], 'the one used longest ago')
  keepers.close()
  t.equal(closed.length, 1_001)
})
