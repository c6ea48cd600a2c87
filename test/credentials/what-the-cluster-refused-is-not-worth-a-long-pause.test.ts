import t from 'tap'
import { failing, given, healthy, MINUTE, warmLab } from '../helpers/keeper-lab.ts'

const DAY = 24 * 60 * MINUTE

t.test('it is replaced soon after the provider is back, however long it would have lasted', async (t) => {
  const lab = await warmLab(healthy(DAY))
  lab.provider = failing()
  void lab.keeper.reject(given(lab))
  await lab.clock.advance(50_000)
  const during = lab.asked.length - 1
  t.ok(during >= 10 && during <= 16, `asked ${during} times in 50 s`)
  lab.provider = healthy(DAY)
  await lab.clock.advance(5_000)
  t.equal(given(lab).generation, 2)
})

t.test('after a minute it is asked for less often', async (t) => {
  const lab = await warmLab(healthy(DAY))
  lab.provider = failing()
  void lab.keeper.reject(given(lab))
  await lab.clock.advance(2 * MINUTE)
  const before = lab.asked.length
  await lab.clock.advance(5 * MINUTE)
  t.ok(lab.asked.length - before <= 20, `asked ${lab.asked.length - before} times in five minutes`)
})

t.test('where the cluster has refused nothing there is time', async (t) => {
  const lab = await warmLab(healthy(DAY))
  lab.provider = failing()
  await lab.clock.advance(DAY * 0.81)
  const before = lab.asked.length
  await lab.clock.advance(MINUTE)
  t.ok(lab.asked.length - before <= 4, `asked ${lab.asked.length - before} times in a minute`)
})
