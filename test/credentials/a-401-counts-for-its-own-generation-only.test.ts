import t from 'tap'
import { failing, given, hanging, healthy, MINUTE, outcome, warmLab } from '../helpers/keeper-lab.ts'

t.test('one renewal for many callers, and its credential for each', async (t) => {
  const lab = await warmLab()
  await lab.clock.advance(10_000)
  const refused = given(lab)
  const replacements = await Promise.all(Array.from({ length: 30 }, () => lab.keeper.reject(refused)))
  t.equal(lab.asked.length, 2)
  for (const replacement of replacements) t.equal(replacement?.generation, 2)
  t.match(lab.events[1], { type: 'renewal-forced', generation: 1 })
  t.equal((await lab.keeper.reject(refused))?.generation, 2, 'a late one has it at once')
  t.equal(lab.asked.length, 2)
})

t.test('a replacement is awaited for three seconds, and its caller may leave', async (t) => {
  const lab = await warmLab()
  await lab.clock.advance(10_000)
  lab.provider = hanging
  const leaving = new AbortController()
  const refused = given(lab)
  const [patient, left] = [
    outcome(lab.keeper.reject(refused)),
    outcome(lab.keeper.reject(refused, leaving.signal)),
  ]
  leaving.abort()
  await lab.clock.settle()
  t.same(left, { settled: true, value: undefined })
  await lab.clock.advance(2_999)
  t.notOk(patient.settled)
  await lab.clock.advance(1)
  t.same(patient, { settled: true, value: undefined })
})

t.test('forced renewals are five seconds apart, and further each time', async (t) => {
  const lab = await warmLab()
  await lab.clock.advance(10_000)
  for (const pause of [5_000, 10_000, 20_000]) {
    const refused = given(lab)
    t.ok(await lab.keeper.reject(refused))
    lab.keeper.accept(given(lab))
    t.equal(await lab.keeper.reject(given(lab)), undefined, 'too soon')
    await lab.clock.advance(pause - 1)
    t.equal(await lab.keeper.reject(given(lab)), undefined, 'still too soon')
    await lab.clock.advance(1)
  }
  await lab.clock.advance(11 * MINUTE)
  const before = lab.asked.length
  t.ok(await lab.keeper.reject(given(lab)), 'a quiet time counts as a new beginning')
  lab.keeper.accept(given(lab))
  await lab.clock.advance(5_000)
  t.ok(await lab.keeper.reject(given(lab)))
  t.equal(lab.asked.length, before + 2)
})

t.test('rejected: a fresh one is refused as well, so renewals pause and 401s pass', async (t) => {
  const lab = await warmLab(healthy(60 * MINUTE))
  await lab.clock.advance(10_000)
  for (const pause of [60_000, 120_000, 240_000]) {
    const before = lab.asked.length
    const fresh = await lab.keeper.reject(given(lab))
    t.equal(lab.asked.length, before + 1)
    t.ok(fresh)
    if (fresh === undefined) return
    const verdicts = await Promise.all([
      lab.keeper.reject(fresh),
      lab.keeper.reject(fresh),
      lab.keeper.reject(fresh),
    ])
    t.strictSame(verdicts, [undefined, undefined, undefined])
    t.equal(lab.keeper.status().state, 'rejected')
    t.match(lab.events.at(-1), { type: 'rejected', pauseMs: pause })
    await lab.clock.advance(pause - 1)
    t.equal(await lab.keeper.reject(given(lab)), undefined)
    t.equal(lab.asked.length, before + 1, 'the provider is left alone')
    await lab.clock.advance(1)
  }
})

t.test('a success ends it, and a revocation an hour later is healed again', async (t) => {
  const lab = await warmLab(healthy(5 * 60 * MINUTE))
  await lab.clock.advance(10_000)
  await lab.keeper.reject(given(lab))
  await lab.keeper.reject(given(lab))
  t.equal(lab.keeper.status().state, 'rejected')
  lab.keeper.accept(given(lab))
  t.equal(lab.keeper.status().state, 'fresh')
  await lab.clock.advance(60 * MINUTE)
  t.ok(await lab.keeper.reject(given(lab)))
  lab.keeper.accept(given(lab))
  await lab.clock.advance(60 * MINUTE)
  t.ok(await lab.keeper.reject(given(lab)), 'what has worked is not on trial for ever')
})

t.test('an acceptance of an older credential proves nothing', async (t) => {
  const lab = await warmLab()
  await lab.clock.advance(10_000)
  const old = given(lab)
  await lab.keeper.reject(old)
  await lab.keeper.reject(given(lab))
  lab.keeper.accept(old)
  t.equal(lab.keeper.status().state, 'rejected')
})

t.test('the same token again is no newer credential', async (t) => {
  const lab = await warmLab(async () => ({
    headers: ['authorization', 'Bearer same'],
    lifetimeMs: 5 * MINUTE,
  }))
  await lab.clock.advance(10_000)
  t.equal(await lab.keeper.reject(given(lab)), undefined)
  t.equal(given(lab).generation, 1)
  t.equal(await lab.keeper.reject(given(lab)), undefined)
  t.equal(lab.keeper.status().state, 'rejected')
  t.equal(lab.asked.length, 2, 'and is not asked for again at once')
  await lab.clock.advance(4 * MINUTE)
  t.equal(lab.asked.length, 3, 'it was renewed in its time')
  t.equal(lab.keeper.status().state, 'rejected', 'which is no news')
  await lab.clock.advance(10 * MINUTE)
  t.ok(lab.asked.length < 8, `nor in a loop: ${lab.asked.length}`)
})

t.test('between two attempts that nobody forced a 401 passes at once, too', async (t) => {
  const lab = await warmLab(healthy(100_000))
  lab.provider = failing({ retryAfterMs: 15_000 })
  await lab.clock.advance(76_000)
  t.equal(await lab.keeper.reject(given(lab)), undefined)
  t.equal(lab.asked.length, 2)
  t.notOk(lab.events.some((event) => event.type === 'renewal-forced'))
  lab.keeper.close()
  t.equal(await lab.keeper.reject(given(lab)), undefined)
  t.equal(lab.asked.length, 2)
})

t.test('while the provider is down a 401 passes at once', async (t) => {
  const lab = await warmLab()
  await lab.clock.advance(10_000)
  lab.provider = failing()
  t.equal(await lab.keeper.reject(given(lab)), undefined)
  t.equal(lab.keeper.status().state, 'degraded')
  const before = lab.asked.length
  t.equal(await lab.keeper.reject(given(lab)), undefined)
  t.equal(lab.asked.length, before)
  lab.provider = healthy()
  await lab.clock.advance(5_000)
  t.equal(given(lab).generation, 2, 'and the renewal is made up for')
})
