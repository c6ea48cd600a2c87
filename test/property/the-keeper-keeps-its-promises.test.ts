import fc from 'fast-check'
import t from 'tap'
import { AcquireError, type Credential, type IssuedCredential } from '../../src/credentials/credential.ts'
import type { KeeperState } from '../../src/credentials/keeper.ts'
import { type KeeperLab, keeperLab, MINUTE, shortestGap } from '../helpers/keeper-lab.ts'

const SECOND = 1_000
const DAY = 24 * 60 * MINUTE
/** Of sums of fractions of milliseconds. */
const ROUNDING = 0.001
/** How long an attempt may take, and how long anybody may wait: for the first one, for another one, after a 401. */
const ATTEMPT = 10 * SECOND
const COLD = 10 * SECOND
const FAILING = 2 * SECOND
const REPLACEMENT = 3 * SECOND
/** The longest pause, and the longest wait for a slot. */
const RECOVERY = 10 * MINUTE + SECOND

type Answer =
  | { kind: 'ok'; lifetimeMs: number; afterMs: number; same: boolean }
  | { kind: 'fails'; refused: boolean; retryAfterMs: number | undefined; afterMs: number }
  /** Gives up when it is told to; or does not hear it, and never answers; or answers when nobody listens any more. */
  | { kind: 'hangs' | 'deaf' | 'late' }

const lifetimes = fc.oneof(
  fc.integer({ min: SECOND, max: 20 * SECOND }),
  fc.integer({ min: 20 * SECOND, max: 60 * MINUTE }),
  fc.constant(DAY),
)
const answers: fc.Arbitrary<Answer> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('ok' as const),
      lifetimeMs: lifetimes,
      afterMs: fc.constantFrom(0, 0, 0, 200, 3 * SECOND, 9_999),
      same: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fails' as const),
      refused: fc.boolean(),
      retryAfterMs: fc.constantFrom(undefined, undefined, 0, 2 * SECOND, 5 * MINUTE),
      afterMs: fc.constantFrom(0, 500),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('hangs', 'deaf', 'late') }) },
)

type Step =
  | { do: 'pass' | 'pass, looking' | 'sleep' | 'stall' | 'set wall'; ms: number }
  | { do: 'call' | 'call for a while' | 'leave' | 'look' | 'refuse' | 'refuse an old one' | 'accept' }
  | { do: 'correct the secret' }
  | { do: 'provider'; answer: Answer }

const timed = <T extends string>(ms: readonly number[], ...names: T[]) =>
  fc.record({ do: fc.constantFrom(...names), ms: fc.constantFrom(...ms) })
const spans = [1, 300, SECOND, 4 * SECOND, 11 * SECOND, MINUTE, 6 * MINUTE]
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: timed(spans, 'pass', 'pass, looking') },
  // A sleep that is too short to be told from drift is no sleep.
  { weight: 1, arbitrary: timed([1_001, 5 * SECOND, MINUTE, 60 * MINUTE], 'sleep') },
  { weight: 1, arbitrary: timed(spans, 'stall') },
  { weight: 1, arbitrary: timed([-60 * MINUTE, -5 * SECOND, 500, 5 * SECOND, 60 * MINUTE], 'set wall') },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'call',
        'call for a while',
        'leave',
        'look',
        'refuse',
        'refuse an old one',
        'accept',
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('correct the secret') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('provider'), answer: answers }) },
)

interface Waiting {
  since: number
  longestMs: number
  signal: AbortSignal | undefined
}

/** What is really the case, against which the keeper's word is held. */
class Truth {
  readonly lab: KeeperLab
  /** When each token really ends, in time that really passed: awake and asleep. */
  readonly ends = new Map<string, number>()
  readonly waiting = new Set<Waiting>()
  readonly old: Credential[] = []
  readonly states = new Set<KeeperState>()
  answer: Answer = { kind: 'ok', lifetimeMs: 12 * SECOND, afterMs: 0, same: false }
  slept = 0
  /** Attempts that are under way. */
  flights = 0
  /** Timers of the provider's own. */
  slow = 0
  leaving = new AbortController()
  /** The secret was changed after the last attempt. */
  corrected = false
  broken: string | undefined
  #last = 'none'

  constructor(random: () => number) {
    this.lab = keeperLab((number, signal) => this.#acquire(number, signal), random)
  }

  get elapsed(): number {
    return this.lab.clock.monotonic() + this.slept
  }

  async #acquire(number: number, signal: AbortSignal): Promise<IssuedCredential> {
    if (++this.flights > 1) this.broken = 'two attempts at once'
    const { answer } = this
    this.corrected = false
    const askedAt = this.elapsed
    const token = 'same' in answer && answer.same && this.#last !== 'none' ? this.#last : `token-${number}`
    await this.#answered(answer, signal)
    if (answer.kind === 'fails') throw failure(answer)
    // Of an attempt that was given up, as after a sleep, nobody takes the answer.
    if (answer.kind !== 'ok' || signal.aborted)
      return { headers: ['authorization', 'an answer that came too late'], lifetimeMs: DAY }
    this.#last = token
    this.ends.set(token, askedAt + answer.lifetimeMs)
    return { headers: ['authorization', token], lifetimeMs: answer.lifetimeMs }
  }

  /** An attempt that is given up is over, whatever the provider goes on doing. */
  #answered(answer: Answer, signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let open = true
      const land = (settle: () => void) => {
        if (open) this.flights--
        open = false
        settle()
      }
      const givenUp = () => {
        if (answer.kind === 'late') this.#after(5 * SECOND, resolve)
        land(answer.kind === 'hangs' ? () => reject(signal.reason) : () => {})
      }
      signal.addEventListener('abort', givenUp, { once: true })
      if (!('afterMs' in answer)) return
      if (answer.afterMs === 0) land(resolve)
      else this.#after(answer.afterMs, () => land(resolve))
    })
  }

  #after(ms: number, action: () => void): void {
    this.slow++
    this.lab.clock.setTimer(() => {
      this.slow--
      action()
    }, ms)
  }

  /** The credential may be sent at this moment. */
  check(credential: Credential | undefined): void {
    if (credential === undefined) return
    const end = this.ends.get(credential.headers[1] ?? '')
    if (end === undefined) this.broken = `given out: ${credential.headers[1]}`
    else if (this.elapsed >= end) this.broken = `given out ${this.elapsed - end} ms after its end`
  }

  look(): Credential | undefined {
    const credential = this.lab.keeper.current()
    this.check(credential)
    const newest = this.old.at(-1)?.generation ?? 0
    if (credential !== undefined && credential.generation < newest) this.broken = 'generations went back'
    if (credential !== undefined && credential.generation > newest) this.old.push(credential)
    return credential
  }

  /** Somebody waits, and must be answered in time, with a credential that is good. */
  track(promise: Promise<Credential | undefined>, longestMs: number, signal?: AbortSignal): void {
    const waiting = { since: this.lab.clock.monotonic(), longestMs, signal }
    this.waiting.add(waiting)
    const settled = (credential?: Credential) => {
      this.waiting.delete(waiting)
      const waited = this.lab.clock.monotonic() - waiting.since
      if (waited > longestMs + ROUNDING) this.broken = `somebody waited for ${waited} of ${longestMs} ms`
      this.check(credential)
    }
    promise.then(settled, () => settled())
  }

  call(signal?: AbortSignal): void {
    const patience = this.patience()
    this.track(this.lab.keeper.obtain(signal), patience, signal)
  }

  refuse(credential: Credential | undefined): void {
    if (credential === undefined) return
    const newest = this.look()
    const newerIsThere = newest !== undefined && newest.generation > credential.generation
    const replacement = this.lab.keeper.reject(credential).then((newer) => {
      if (newer !== undefined && newer.generation <= credential.generation) this.broken = 'not a newer one'
      if (newer === undefined && newerIsThere) this.broken = 'a newer one was there and was not handed out'
      return newer
    })
    this.track(replacement, newerIsThere ? 0 : REPLACEMENT)
  }

  /** How long a call that comes now may have to wait. */
  patience(): number {
    const { usableForMs, lastFailure } = this.lab.keeper.status()
    if (usableForMs > 0) return 0
    if (lastFailure === undefined) return COLD
    const last = this.lab.events.findLast((event) => event.type === 'failed')
    const pausing = last !== undefined && this.lab.clock.now() < last.at + last.nextTryInMs
    return this.flights === 0 && pausing && !this.corrected ? 0 : FAILING
  }

  observe(): void {
    this.states.add(this.lab.keeper.status().state)
    for (const { since, longestMs } of this.waiting) {
      if (this.lab.clock.monotonic() - since > longestMs + ROUNDING)
        this.broken = 'somebody waits for too long'
    }
    const last = this.lab.events.at(-1)
    if (last?.type === 'failed' && last.failure.code === 'internal') this.broken = last.failure.message
    if (this.broken !== undefined) throw new Error(this.broken)
  }
}

function failure({ refused, retryAfterMs }: Extract<Answer, { kind: 'fails' }>): AcquireError {
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
  return new AcquireError({ code: 'x', message: 'x', refused, ...wait })
}

/** What each step does. */
const acts: Record<Step['do'], (truth: Truth, step: { ms: number; answer: Answer }) => unknown> = {
  provider: (truth, { answer }) => {
    truth.answer = answer
  },
  pass: ({ lab }, { ms }) => lab.clock.advance(ms),
  'pass, looking': async (truth, { ms }) => {
    for (let i = 0; i < 20; i++) {
      await truth.lab.clock.advance(ms / 20)
      truth.look()
      truth.observe()
    }
  },
  sleep: (truth, { ms }) => {
    truth.slept += ms
    truth.lab.clock.sleep(ms)
  },
  stall: ({ lab, waiting }, { ms }) => {
    lab.clock.stall(ms)
    for (const one of waiting) one.since += ms
  },
  'set wall': ({ lab }, { ms }) => {
    lab.clock.setWall(ms)
    // A wall clock set back unseen by as long as the machine then sleeps cannot be told from no sleep.
    lab.clock.now()
  },
  'correct the secret': (truth) => {
    truth.lab.secret += '!'
    truth.corrected = true
  },
  look: (truth) => truth.look(),
  call: (truth) => truth.call(),
  'call for a while': (truth) => truth.call(truth.leaving.signal),
  leave: async (truth) => {
    truth.leaving.abort(new Error('the caller left'))
    truth.leaving = new AbortController()
    await truth.lab.clock.settle()
    if ([...truth.waiting].some(({ signal }) => signal?.aborted)) truth.broken = 'one who left waits still'
  },
  accept: (truth) => {
    const credential = truth.look()
    if (credential !== undefined) truth.lab.keeper.accept(credential)
  },
  refuse: (truth) => truth.refuse(truth.look()),
  'refuse an old one': (truth) => truth.refuse(truth.old[0]),
}

function checkDistances({ lab }: Truth): void {
  const gap = shortestGap(lab.asked)
  if (gap < SECOND) throw new Error(`two token requests ${gap} ms apart`)
}

/** The identity provider is well again for good: in ten minutes there is a credential, without any request. */
async function checkRecovery(truth: Truth): Promise<void> {
  truth.answer = { kind: 'ok', lifetimeMs: DAY, afterMs: 0, same: false }
  if (truth.flights > 0) await truth.lab.clock.advance(ATTEMPT)
  await truth.lab.clock.advance(RECOVERY)
  if (truth.look() === undefined) throw new Error('it did not recover')
  truth.observe()
}

async function checkEnd(truth: Truth): Promise<void> {
  truth.lab.keeper.close()
  await truth.lab.clock.settle()
  if (truth.waiting.size > 0) throw new Error(`${truth.waiting.size} wait for a keeper that is closed`)
  const asked = truth.lab.asked.length
  await truth.lab.clock.advance(ATTEMPT)
  if (truth.lab.asked.length > asked) throw new Error('a keeper that is closed asked for a credential')
  if (truth.lab.clock.pendingTimers > truth.slow) throw new Error('timers are left')
}

/** Draws that can be drawn again. */
function drawing(seed: number): () => number {
  let draw = seed
  return () => {
    draw = (draw * 16_807 + 1) % 2_147_483_647
    return draw / 2_147_483_647
  }
}

t.test('over any trace of answers, sleeps, set clocks, calls and 401s', async (t) => {
  const seen = { given: 0, states: new Set<KeeperState>(), events: new Set<string>() }
  const keepsItsPromises = async (seed: number, trace: Step[], endsEarly: boolean) => {
    const truth = new Truth(drawing(seed))
    truth.lab.keeper.start()
    for (const step of trace) {
      await acts[step.do](truth, { ms: 0, answer: truth.answer, ...step })
      await truth.lab.clock.settle()
      truth.observe()
    }
    checkDistances(truth)
    seen.given += truth.old.length
    for (const state of truth.states) seen.states.add(state)
    for (const { type } of truth.lab.events) seen.events.add(type)
    if (!endsEarly) await checkRecovery(truth)
    checkDistances(truth)
    await checkEnd(truth)
  }
  const seeds = fc.integer({ min: 1, max: 1e9 })
  const traces = fc.array(steps, { minLength: 15, maxLength: 60, size: 'max' })
  await fc.assert(fc.asyncProperty(seeds, traces, fc.boolean(), keepsItsPromises), { numRuns: 300 })
  t.ok(seen.given > 300, `${seen.given} credentials were given out`)
  const states = ['cold', 'degraded', 'expired', 'fresh', 'misconfigured', 'rejected', 'renewing']
  t.same([...seen.states].sort(), states, 'every state was seen')
  t.same([...seen.events].sort(), ['acquired', 'failed', 'rejected', 'renewal-forced'])
})
