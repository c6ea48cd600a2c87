import t from 'tap'
import { failing, given, healthy, MINUTE, outcome, refusing, warmLab } from '../helpers/keeper-lab.ts'

t.test('a hundred callers between two attempts are answered at once and ask for nothing', async (t) => {
  for (const provider of [failing(), refusing]) {
    const lab = await warmLab(provider)
    for (const ms of [0, 1, 400, 598]) {
      await lab.clock.advance(ms)
      const calls = Array.from({ length: 100 }, () => outcome(lab.keeper.obtain()))
      await lab.clock.settle()
      t.ok(calls.every((call) => call.settled && call.error !== undefined))
    }
    t.equal(lab.asked.length, 1, 'not even for a slot that is not free yet')
  }
})

t.test('Retry-After counts down to the next attempt, in whole seconds and never zero', async (t) => {
  const lab = await warmLab(failing({ retryAfterMs: 90_000 }))
  const toldAfter = async (ms: number) => {
    await lab.clock.advance(ms)
    const call = outcome(lab.keeper.obtain())
    await lab.clock.settle()
    return call.error
  }
  t.match(await toldAfter(0), { retryAfterS: 90, message: /due in 90 s\.$/ })
  t.match(await toldAfter(1), { retryAfterS: 90 })
  t.match(await toldAfter(59_999), { retryAfterS: 30 })
  t.match(await toldAfter(29_999), { retryAfterS: 1 })
  t.equal(lab.asked.length, 1)
  await lab.clock.advance(1)
  t.equal(lab.asked.length, 2)
})

t.test('the wait that was asked for is kept while the old one is good, too', async (t) => {
  const lab = await warmLab(healthy(10 * MINUTE))
  lab.provider = failing({ retryAfterMs: MINUTE })
  await lab.clock.advance(7.5 * MINUTE)
  t.match(lab.events.at(-1), { type: 'failed', nextTryInMs: MINUTE, usableForMs: 140_000 })
  await lab.clock.advance(MINUTE - 1)
  t.equal(given(lab).generation, 1)
  t.equal(lab.asked.length, 2)
  lab.provider = healthy()
  await lab.clock.advance(1)
  t.equal(given(lab).generation, 2)
})

t.test('a wait that is shorter than the pause does not shorten it', async (t) => {
  for (const [failure, pause] of [
    [{ retryAfterMs: 0 }, 1_000],
    [{ retryAfterMs: 0, refused: true }, 30_000],
    [{ retryAfterMs: 50_000, refused: true }, 50_000],
  ] as const) {
    const lab = await warmLab(failing(failure))
    t.match(lab.events, [{ type: 'failed', nextTryInMs: pause }])
    await lab.clock.advance(pause - 1)
    t.equal(lab.asked.length, 1)
    await lab.clock.advance(1)
    t.equal(lab.asked.length, 2)
  }
})

t.test('pauses while the old one is good: to a third of what is left of it, and 30 s', async (t) => {
  const lab = await warmLab(healthy(60 * MINUTE), () => 0.999)
  lab.provider = failing()
  await lab.clock.advance(59 * MINUTE)
  const failures = lab.events.filter((event) => event.type === 'failed')
  t.ok(failures.length > 10)
  for (const [i, { nextTryInMs, usableForMs }] of failures.entries()) {
    const longest = Math.min(2 ** i * 1_000, 30_000, usableForMs / 3)
    t.ok(nextTryInMs <= Math.max(1_000, longest) && nextTryInMs >= Math.max(1_000, longest * 0.99), `${i}`)
  }
})
