import t from 'tap'
import { hanging, healthy, keeperLab, MINUTE, outcome, refusing, warmLab } from '../helpers/keeper-lab.ts'

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
    lab.keeper.drain()
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
