import t from 'tap'
import { AcquireError, type AcquireFailure, type CredentialSource } from '../../src/credentials/credential.ts'
import { CredentialKeeper, type KeeperEvent } from '../../src/credentials/keeper.ts'
import { Pace } from '../../src/credentials/pace.ts'
import type { Refusal } from '../../src/credentials/refusals.ts'
import { type Memory, remembering } from '../../src/credentials/remembering.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const REFUSED = { code: 'invalid_client', message: 'It said no.', refused: true }
const BUSY = { code: 'http-429', message: 'It is busy.', refused: false, retryAfterMs: 120_000 }
const DOWN = { code: 'network', message: 'It is down.', refused: false }

/** Processes that follow each other, with one memory and one identity provider. */
function lab(first: AcquireFailure | 'good') {
  const entries = new Map<string, Refusal>()
  const memory: Memory = {
    place: '/state.json',
    recall: async (identity) => entries.get(identity),
    async note(identity, refusal) {
      if (refusal === undefined) entries.delete(identity)
      else entries.set(identity, refusal)
    },
  }
  const clock = new VirtualClock()
  const state = { says: first, asked: 0, secret: 'first', key: 'key', retired: 0 }
  const start = () => {
    const source: CredentialSource = {
      fingerprint: async () => state.secret,
      async acquire() {
        state.asked++
        if (state.says !== 'good') throw new AcquireError(state.says)
        return { headers: ['authorization', 'Bearer x'], lifetimeMs: 300_000 }
      },
      async retire() {
        state.retired++
      },
    }
    const what = { identity: 'identity', key: state.key, asked: 'The provider' }
    const events: KeeperEvent[] = []
    const keeper = new CredentialKeeper({
      source: remembering(source, what, memory, () => 1_800_000_000_000 + clock.now()),
      clock,
      pace: new Pace(),
      random: () => 0.5,
      onEvent: (event) => events.push(event),
    })
    keeper.start()
    return { keeper, events }
  }
  /** A process from its start to the end of its first attempt. */
  const restart = async () => {
    const { keeper, events } = start()
    await until(() => events.length > 0, 'the first attempt has ended')
    const problem = await keeper.obtain().then(
      () => undefined,
      (error: unknown) => error,
    )
    const status = keeper.status()
    await keeper.close()
    return { event: events[0], problem, status }
  }
  return { state, entries, clock, memory, restart }
}

t.test('thirty restarts are one request, and each says when the next one is', async (t) => {
  const { state, clock, restart, entries } = lab(REFUSED)
  await restart()
  for (let left = 29; left > 0; left--) {
    await clock.advance(1_000)
    const { event, problem, status } = await restart()
    t.match(event, { type: 'failed', nextTryInMs: left * 1_000, failure: { code: 'invalid_client' } })
    t.match(problem, { code: 'credential-refused', retryAfterS: left })
    t.match(
      problem,
      new RegExp(
        `^Problem: The provider refused what .* \\(invalid_client\\) ${30 - left} s ago, .* /state.json is`,
      ),
    )
    t.equal(status.state, 'misconfigured')
  }
  t.equal(state.asked, 1)
  t.equal(state.retired, 30, 'the rest of the source is as it was')
  t.notMatch(JSON.stringify([...entries]), /first|key/, 'neither the secret nor what is asked for is in it')
})

t.test('after the pause it is asked for again, and the next pause is longer', async (t) => {
  const { state, clock, restart } = lab(REFUSED)
  const pauses: unknown[] = []
  for (let i = 0; i < 7; i++) {
    const { event } = await restart()
    if (event?.type === 'failed') {
      pauses.push(event.nextTryInMs / 1_000)
      await clock.advance(event.nextTryInMs)
    }
  }
  t.strictSame(pauses, [30, 60, 120, 240, 480, 600, 600])
  t.equal(state.asked, 7)
})

t.test('another secret is tried at once, and so is what is asked for differently', async (t) => {
  for (const change of [{ secret: 'second' }, { key: 'another scope' }]) {
    const { state, restart, entries } = lab(REFUSED)
    await restart()
    Object.assign(state, change, { says: 'good' })
    t.match((await restart()).event, { type: 'acquired' })
    t.equal(state.asked, 2)
    Object.assign(state, { secret: 'first', key: 'key', says: REFUSED })
    await restart()
    t.equal(state.asked, 2, 'the refused one is still known')
    t.equal(entries.size, 1)
  }
})

t.test('what is accepted after all is forgotten', async (t) => {
  const { state, clock, restart, entries } = lab(REFUSED)
  await restart()
  await clock.advance(30_000)
  state.says = 'good'
  await restart()
  t.equal(entries.size, 0)
  state.says = REFUSED
  t.match((await restart()).event, { nextTryInMs: 30_000 })
})

t.test('a wait that was asked for is kept whatever the secret', async (t) => {
  const { state, clock, restart } = lab(BUSY)
  await restart()
  await clock.advance(20_000)
  state.secret = 'second'
  const { event, problem } = await restart()
  t.match(event, {
    nextTryInMs: 100_000,
    failure: { refused: false, message: /asked to be left alone \(http-429\) 20 s/ },
  })
  t.match(problem, { code: 'credential-unavailable', retryAfterS: 100 })
  t.equal(state.asked, 1)
})

t.test('even where this process did not go on while it read of it', async (t) => {
  const { state, clock, memory, restart } = lab(BUSY)
  await restart()
  const { recall } = memory
  memory.recall = async (identity) => {
    const refusal = await recall(identity)
    clock.sleep(5_000)
    return refusal
  }
  await clock.advance(20_000)
  t.match((await restart()).event, { failure: { message: /asked to be left alone/ } })
  t.equal(state.asked, 1)
})

t.test('what passes by itself or is nobody’s word is not remembered', async (t) => {
  for (const failure of [DOWN, { ...REFUSED, code: 'secret-unusable' }, { ...REFUSED, code: 'internal' }]) {
    const { state, restart, entries } = lab(failure)
    await restart()
    await restart()
    t.equal(state.asked, 2, failure.code)
    t.equal(entries.size, 0)
  }
})
