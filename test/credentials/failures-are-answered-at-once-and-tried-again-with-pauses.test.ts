import t from 'tap'
import { failing, healthy, keeperLab, MINUTE, outcome, refusing, warmLab } from '../helpers/keeper-lab.ts'

const gaps = (asked: number[]) => asked.slice(1).map((at, i) => Math.round(at - (asked[i] ?? 0)))

t.test('between attempts nobody waits, and everybody is told when the next is due', async (t) => {
  const lab = await warmLab(failing())
  t.equal(lab.keeper.status().state, 'expired')
  const call = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  t.match(call.error, {
    code: 'credential-unavailable',
    retryAfterS: 1,
    message: 'The identity provider is down. The next attempt is due in 1 s.',
  })
  t.equal(lab.asked.length, 1)
})

t.test(
  'pauses grow to 5 s in the first minute and to 30 s after it, drawn between half and whole',
  async (t) => {
    for (const random of [0, 0.999]) {
      const lab = await warmLab(failing(), () => random)
      await lab.clock.advance(5 * MINUTE)
      const all = gaps(lab.asked)
      t.ok(
        all.every((gap) => gap >= 1_000),
        'never two in a second',
      )
      t.ok(Math.max(...all.slice(0, 10)) <= 5_000)
      t.ok(Math.abs((all.at(-1) ?? 0) - (random === 0 ? 15_000 : 30_000)) < 50, `${all.at(-1)}`)
    }
  },
)

t.test('a second outage begins with short pauses again', async (t) => {
  const lab = await warmLab(failing())
  await lab.clock.advance(10 * MINUTE)
  lab.provider = healthy(100_000)
  await lab.clock.advance(30 * MINUTE)
  lab.provider = failing()
  while (lab.keeper.current() !== undefined) await lab.clock.advance(1_000)
  const before = lab.asked.length
  await lab.clock.advance(60_000)
  const all = gaps(lab.asked.slice(before))
  t.ok(all.length > 10 && Math.max(...all) <= 5_000, `${all}`)
})

t.test('the wait that the provider asks for is kept, by renewals and callers alike', async (t) => {
  const lab = await warmLab(failing({ retryAfterMs: 2 * MINUTE }))
  await lab.clock.advance(2 * MINUTE - 1)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  t.match(call.error, { retryAfterS: 1 })
  t.equal(lab.asked.length, 1)
  await lab.clock.advance(1)
  t.equal(lab.asked.length, 2)
})

t.test('an outage of 24 s with tokens of 12 s costs the provider ten requests at most', async (t) => {
  for (const random of [0.2, 0.5, 0.8]) {
    const lab = await warmLab(healthy(12_000), () => random)
    await lab.clock.advance(5_000)
    const before = lab.asked.length
    lab.provider = failing()
    await lab.clock.advance(24_000)
    t.ok(lab.asked.length - before <= 10, `${lab.asked.length - before} requests`)
    lab.provider = healthy(12_000)
    await lab.clock.advance(5_000)
    t.ok(lab.keeper.current(), 'back within five seconds')
  }
})

t.test(
  'a refused client is tried rarely: after 30 s, then twice as long each time, to ten minutes',
  async (t) => {
    const lab = await warmLab(refusing)
    t.equal(lab.keeper.status().state, 'misconfigured')
    const call = outcome(lab.keeper.obtain())
    await lab.clock.settle()
    t.match(call.error, { code: 'credential-refused', retryAfterS: 30 })
    await lab.clock.advance(60 * MINUTE)
    t.same(
      gaps(lab.asked).slice(0, 7),
      [30, 60, 120, 240, 480, 600, 600].map((s) => s * 1_000),
    )
    lab.provider = healthy()
    await lab.clock.advance(10 * MINUTE)
    t.equal(lab.keeper.status().state, 'fresh')
  },
)

t.test('and at once when its secret has changed, however long the pause', async (t) => {
  for (const minutes of [0, 2, 15]) {
    const lab = await warmLab(refusing)
    await lab.clock.advance(minutes * MINUTE + 10_500)
    const before = lab.asked.length
    lab.secret = 'corrected'
    lab.provider = healthy()
    await lab.clock.advance(2_100)
    t.equal(lab.asked.length, before + 1, `after ${minutes} min`)
    t.equal(lab.keeper.status().state, 'fresh')
    await lab.clock.advance(10_000)
    t.equal(lab.asked.length, before + 1, 'once')
  }
})

t.test('a client that is refused while its old credential is good goes on with that', async (t) => {
  const lab = await warmLab(healthy(100_000))
  lab.provider = refusing
  await lab.clock.advance(80_000)
  t.equal(lab.keeper.status().state, 'misconfigured')
  t.ok(lab.keeper.current())
  await lab.clock.advance(15_000)
  t.equal(lab.keeper.current(), undefined)
})

t.test('success clears everything', async (t) => {
  const lab = keeperLab(refusing)
  lab.keeper.start()
  await lab.clock.advance(100_000)
  lab.provider = healthy(100_000)
  await lab.clock.advance(2 * MINUTE)
  t.match(lab.keeper.status(), { state: 'fresh', lastFailure: undefined })
  lab.provider = failing()
  const before = lab.asked.length
  await lab.clock.advance(80_000)
  t.ok(lab.asked.length > before)
  t.not(lab.keeper.status().state, 'misconfigured')
})
