import t from 'tap'
import type { IssuedCredential } from '../../src/credentials/credential.ts'
import { deaf, hanging, healthy, keeperLab, MINUTE, outcome, warmLab } from '../helpers/keeper-lab.ts'

/** Answers when the test says so, however late, and hears no signal. */
function late() {
  const answers: ((issued: IssuedCredential) => void)[] = []
  return { answers, provider: () => new Promise<IssuedCredential>((resolve) => answers.push(resolve)) }
}

t.test('after ten seconds: its callers are told, and it is asked again', async (t) => {
  const lab = keeperLab(deaf)
  lab.keeper.start()
  await lab.clock.advance(1)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.advance(9_998)
  t.same([call.settled, lab.events.length], [false, 0])
  await lab.clock.advance(1)
  t.match(call.error, { code: 'credential-unavailable', message: /did not answer within 10 s/ })
  t.match(lab.events, [{ type: 'failed', failure: { code: 'timeout', refused: false } }])
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  t.equal(lab.keeper.status().state, 'fresh')
  t.equal(lab.asked.length, 2)
})

t.test('the signal is raised at that moment, and not before', async (t) => {
  let heard: AbortSignal | undefined
  const lab = keeperLab((number, signal) => {
    heard ??= signal
    return hanging(number, signal)
  })
  lab.keeper.start()
  await lab.clock.advance(9_999)
  t.equal(heard?.aborted, false)
  await lab.clock.advance(1)
  t.equal(heard?.aborted, true)
})

t.test('what it answers afterwards is not taken: neither before the next attempt nor after', async (t) => {
  const { answers, provider } = late()
  const stale = { headers: ['authorization', 'Bearer stale'], lifetimeMs: 60 * MINUTE }
  const lab = keeperLab(provider)
  lab.keeper.start()
  await lab.clock.advance(10_100)
  answers[0]?.(stale)
  await lab.clock.settle()
  t.equal(lab.keeper.current(), undefined)
  t.equal(lab.keeper.status().state, 'expired')
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  answers[0]?.(stale)
  await lab.clock.settle()
  t.strictSame(lab.keeper.current()?.headers, ['authorization', 'Bearer token-2'])
})

t.test('a renewal that never ends costs nobody anything while the old one is good', async (t) => {
  const lab = await warmLab(healthy(100_000))
  lab.provider = deaf
  for (let second = 0; second < 94; second++) {
    await lab.clock.advance(1_000)
    const call = outcome(lab.keeper.obtain())
    await lab.clock.settle()
    if (call.value?.generation !== 1) t.fail(`after ${second} s`)
  }
  t.equal(lab.asked.length, 3, 'asked at 75 s and, given up at 85 s, a pause later')
  t.equal(lab.keeper.status().state, 'renewing')
})

t.test('closing ends the wait for it', async (t) => {
  const lab = keeperLab(deaf)
  const call = outcome(lab.keeper.obtain())
  await lab.clock.settle()
  lab.keeper.close()
  await lab.clock.settle()
  t.match(call.error, { code: 'draining' })
  await lab.clock.advance(MINUTE)
  t.equal(lab.asked.length, 1)
})

t.test('a source that throws instead of answering is a failure like any other', async (t) => {
  const lab = keeperLab(() => {
    throw new RangeError('canary-secret')
  })
  lab.keeper.start()
  await lab.clock.settle()
  t.match(lab.events, [{ type: 'failed', failure: { code: 'internal', message: /RangeError/ } }])
  t.notMatch(JSON.stringify(lab.events), 'canary-secret')
  lab.provider = healthy()
  await lab.clock.advance(1_000)
  t.ok(lab.keeper.current())
})
