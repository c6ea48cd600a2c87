import t from 'tap'
import { failing, healthy, MINUTE, outcome, refusing, warmLab } from '../helpers/keeper-lab.ts'

t.test('however long the pause has become and however often it was planned anew', async (t) => {
  for (const waitedMs of [1_500, 45_000, 2 * MINUTE, 3 * MINUTE + 31_000, 9 * MINUTE, 3 * 60 * MINUTE]) {
    const lab = await warmLab(refusing)
    await lab.clock.advance(waitedMs)
    const before = lab.asked.length
    lab.secret = 'corrected'
    lab.provider = healthy()
    const changedAt = lab.clock.monotonic()
    await lab.clock.advance(1_000)
    t.equal(lab.asked.length, before + 1, `after ${waitedMs} ms`)
    t.ok((lab.asked.at(-1) ?? 0) - changedAt <= 1_000)
    t.equal(lab.keeper.status().state, 'fresh')
    t.ok((await lab.keeper.obtain()).generation === 1)
  }
})

t.test('one that is wrong again is tried once, and the pause goes on growing', async (t) => {
  const lab = await warmLab(refusing)
  await lab.clock.advance(10_000)
  lab.secret = 'wrong as well'
  await lab.clock.advance(1_000)
  t.equal(lab.asked.length, 2)
  t.match(lab.events.at(-1), { type: 'failed', nextTryInMs: 60_000 })
  await lab.clock.advance(59_000)
  t.equal(lab.asked.length, 2, 'nothing new is to be seen')
  lab.secret = 'corrected'
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  t.equal(lab.keeper.status().state, 'fresh')
})

t.test('a secret that cannot be read while it is swapped is looked at again', async (t) => {
  const lab = await warmLab(refusing)
  const read = lab.fingerprint
  lab.fingerprint = async () => {
    throw new Error('ENOENT')
  }
  await lab.clock.advance(10_000)
  t.equal(lab.events.length, 1, 'no attempt is made with it')
  lab.fingerprint = read
  lab.secret = 'corrected'
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  t.equal(lab.keeper.status().state, 'fresh')
})

t.test('while the old credential is still good as well', async (t) => {
  const lab = await warmLab(healthy(60 * MINUTE))
  lab.provider = refusing
  await lab.clock.advance(47 * MINUTE)
  t.equal(lab.keeper.status().state, 'misconfigured')
  const before = lab.asked.length
  lab.secret = 'corrected'
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  t.equal(lab.asked.length, before + 1)
  t.equal(lab.keeper.status().state, 'fresh')
})

t.test('nothing is watched where no client was refused, nor after it was taken', async (t) => {
  let looks = 0
  const counting = (lab: Awaited<ReturnType<typeof warmLab>>) => {
    const read = lab.fingerprint
    lab.fingerprint = () => {
      looks++
      return read()
    }
    return lab
  }
  const healthyLab = counting(await warmLab(healthy(60 * MINUTE)))
  await healthyLab.clock.advance(40 * MINUTE)
  t.equal(looks, 0)
  const failingLab = counting(await warmLab(failing({ retryAfterMs: 10 * MINUTE })))
  await failingLab.clock.advance(9 * MINUTE)
  t.equal(looks, 0)
  const refusedLab = counting(await warmLab(refusing))
  await refusedLab.clock.advance(10_000)
  t.equal(looks, 10, 'once a second')
  refusedLab.provider = healthy(60 * MINUTE)
  await refusedLab.clock.advance(MINUTE)
  t.equal(refusedLab.keeper.status().state, 'fresh')
  looks = 0
  await refusedLab.clock.advance(30 * MINUTE)
  t.equal(looks, 0)
})

t.test('draining, it is not watched any more, but a caller may still ask after the pause', async (t) => {
  const lab = await warmLab(refusing)
  lab.keeper.drain()
  lab.secret = 'corrected'
  lab.provider = healthy()
  await lab.clock.advance(29_999)
  t.equal(lab.asked.length, 1)
  const early = outcome(lab.keeper.obtain())
  await lab.clock.advance(1)
  t.match(early.error, { code: 'credential-refused' })
  t.ok((await lab.keeper.obtain()).generation)
})
