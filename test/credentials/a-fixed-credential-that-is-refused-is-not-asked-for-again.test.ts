import t from 'tap'
import { Pace } from '../../src/credentials/pace.ts'
import { given, healthy, keeperLab, MINUTE } from '../helpers/keeper-lab.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('refused a thousand times, it is told now and then and asked for never', async (t) => {
  const surroundings = { clock: new VirtualClock(), pace: new Pace() }
  const lab = keeperLab(healthy(24 * 60 * MINUTE), () => 0.5, surroundings, { fixed: true })
  lab.keeper.start()
  await lab.clock.settle()
  for (let i = 0; i < 1_000; i++) {
    t.equal(await lab.keeper.reject(given(lab)), undefined)
    await lab.clock.advance(1_000)
  }
  t.equal(lab.asked.length, 1)
  const told = lab.events
    .filter((event) => event.type === 'rejected')
    .map((event) => Math.round(event.at / 1_000))
  t.strictSame(
    told.map((at) => at - (told[0] ?? 0)),
    [0, 60, 180, 420, 900],
  )
  t.equal(lab.keeper.status().state, 'rejected')
})

t.test('an endpoint that takes it does not make the other be told of each time', async (t) => {
  const surroundings = { clock: new VirtualClock(), pace: new Pace() }
  const lab = keeperLab(healthy(24 * 60 * MINUTE), () => 0.5, surroundings, { fixed: true })
  lab.keeper.start()
  await lab.clock.settle()
  for (let i = 0; i < 200; i++) {
    await lab.keeper.reject(given(lab))
    lab.keeper.accept(given(lab))
    await lab.clock.advance(100)
  }
  t.equal(lab.events.filter((event) => event.type === 'rejected').length, 1)
  t.equal(lab.keeper.status().state, 'fresh')
})
