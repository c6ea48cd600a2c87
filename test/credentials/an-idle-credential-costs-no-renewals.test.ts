import t from 'tap'
import { Pace } from '../../src/credentials/pace.ts'
import { failing, given, healthy, keeperLab, MINUTE } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const SECOND = 1_000

function idleLab(provider = healthy(5 * MINUTE)) {
  const surroundings = { clock: new VirtualClock(), pace: new Pace() }
  return keeperLab(provider, () => 0.5, surroundings, { onlyIfUsed: true })
}

t.test('one that nobody uses lapses, and the next caller gets another', async (t) => {
  const lab = idleLab()
  lab.keeper.start()
  await lab.clock.advance(24 * 60 * MINUTE)
  t.equal(lab.asked.length, 1)
  t.match(lab.keeper.status(), { usableForMs: 0, isIdle: true })
  t.match(await lab.keeper.obtain(), { generation: 2 })
  t.equal(lab.keeper.status().isIdle, false)
})

t.test('one that was used since its last renewal is renewed ahead', async (t) => {
  const lab = idleLab()
  lab.keeper.start()
  await lab.clock.settle()
  for (let hour = 0; hour < 20; hour++) {
    t.ok(given(lab), 'nobody waits')
    await lab.clock.advance(4 * MINUTE)
  }
  t.equal(lab.asked.length, 21)
})

t.test('use after it was due sets the renewal going, while the old one is served', async (t) => {
  const lab = idleLab()
  lab.keeper.start()
  await lab.clock.advance(4.5 * MINUTE)
  t.equal(lab.asked.length, 1)
  t.equal(given(lab).generation, 1)
  await lab.clock.settle()
  t.equal(given(lab).generation, 2)
})

t.test('a failure is not tried again for nobody', async (t) => {
  const lab = idleLab(async () => {
    throw new Error('down')
  })
  lab.keeper.start()
  await lab.clock.advance(60 * MINUTE)
  t.equal(lab.asked.length, 1)
  await t.rejects(lab.keeper.obtain(), { code: 'credential-unavailable' })
  await lab.clock.advance(60 * MINUTE)
  t.equal(lab.asked.length, 2)
})

t.test('a look at its state is no use of it', async (t) => {
  const lab = idleLab()
  lab.keeper.start()
  for (let i = 0; i < 100; i++) {
    await lab.clock.advance(10 * SECOND)
    lab.keeper.status()
  }
  t.equal(lab.asked.length, 1)
})

t.test('but one that has to be ready before anybody asks is tried for until it comes', async (t) => {
  const surroundings = { clock: new VirtualClock(), pace: new Pace() }
  const options = { onlyIfUsed: true, keepReady: true }
  const lab = keeperLab(failing(), () => 0.5, surroundings, options)
  lab.keeper.start()
  await lab.clock.advance(10 * MINUTE)
  t.ok(lab.asked.length > 10)
  lab.provider = healthy(5 * MINUTE)
  await lab.clock.advance(MINUTE)
  t.equal(lab.keeper.status().state, 'fresh')
  const asked = lab.asked.length
  await lab.clock.advance(60 * MINUTE)
  t.equal(lab.asked.length, asked, 'and is then left to lapse')
  t.match(lab.keeper.status(), { usableForMs: 0, isIdle: true })
})
