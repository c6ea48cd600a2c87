import fc from 'fast-check'
import t from 'tap'
import { AcquireError, type Credential, type IssuedCredential } from '../../src/credentials/credential.ts'
import { keeperLab, MINUTE } from '../helpers/keeper-lab.ts'

const SECOND = 1_000
/** Longest that anybody may wait: ten seconds while cold, and the turns of a test besides. */
const LONGEST_WAIT = 10 * SECOND
/** Of sums of fractions of milliseconds. */
const ROUNDING = 0.001
const RECOVERY = 10 * MINUTE + 30 * SECOND

type Answer =
  | { kind: 'ok'; lifetimeMs: number; afterMs: number; same: boolean }
  | { kind: 'fails'; refused: boolean; retryAfterMs: number | undefined; afterMs: number }
  | { kind: 'hangs' }

const answers = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('ok' as const),
      lifetimeMs: fc.constantFrom(SECOND, 2 * SECOND, 12 * SECOND, MINUTE, 5 * MINUTE, 24 * 60 * MINUTE),
      afterMs: fc.constantFrom(0, 200, 3 * SECOND, 9 * SECOND),
      same: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('fails' as const),
      refused: fc.boolean(),
      retryAfterMs: fc.option(fc.constantFrom(0, 2 * SECOND, 5 * MINUTE), { nil: undefined }),
      afterMs: fc.constantFrom(0, 500),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'hangs' as const }) },
)

type Step =
  | { do: 'pass' | 'sleep' | 'stall' | 'set wall'; ms: number }
  | { do: 'call' | 'call and leave' | 'look' | 'refuse current' | 'refuse old' | 'accept' }
  | { do: 'provider'; answer: Answer }

const spans = fc.constantFrom(1, 300, SECOND, 4 * SECOND, 11 * SECOND, MINUTE, 6 * MINUTE)
const steps = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: spans }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('sleep' as const, 'stall' as const), ms: spans }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('set wall' as const),
      ms: fc.constantFrom(-60 * MINUTE, -5 * SECOND, 500, 5 * SECOND, 60 * MINUTE),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'call' as const,
        'call and leave' as const,
        'look' as const,
        'refuse current' as const,
        'refuse old' as const,
        'accept' as const,
      ),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('provider' as const), answer: answers }) },
)

class BrokenPromise extends Error {}

/** A world that knows the truth: when each credential really ends, and what is under way. */
function world(seed: number) {
  let draws = seed
  const random = () => {
    draws = (draws * 16_807 + 1) % 2_147_483_647
    return draws / 2_147_483_647
  }
  const lab = keeperLab(undefined, random)
  const truth = {
    /** Time that really passed: awake and asleep. */
    elapsed: () => lab.clock.monotonic() + truth.slept,
    slept: 0,
    ends: new Map<string, number>(),
    flights: 0,
    broken: [] as BrokenPromise[],
    waiting: new Set<{ since: number; longestMs: number }>(),
    /** Timers of the provider's own, for answers that nobody waits for any more. */
    slow: 0,
    answer: { kind: 'ok', lifetimeMs: 12 * SECOND, afterMs: 200, same: false } as Answer,
  }
  let last = 'none'
  lab.provider = async (number, signal): Promise<IssuedCredential> => {
    truth.flights++
    if (truth.flights > 1) throw new Error('two flights')
    const { answer } = truth
    const askedAt = truth.elapsed()
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        if (answer.kind === 'hangs') return
        truth.slow++
        lab.clock.setTimer(() => {
          truth.slow--
          resolve()
        }, answer.afterMs)
      })
    } finally {
      truth.flights--
    }
    if (answer.kind !== 'ok') {
      const { refused, retryAfterMs } = answer as Extract<Answer, { kind: 'fails' }>
      throw new AcquireError({
        code: 'x',
        message: 'x',
        refused,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      })
    }
    const name = answer.same && last !== 'none' ? last : `token-${number}`
    last = name
    truth.ends.set(name, Math.max(truth.ends.get(name) ?? 0, askedAt + answer.lifetimeMs))
    return { headers: ['authorization', name], lifetimeMs: answer.lifetimeMs }
  }
  return { lab, truth, old: [] as Credential[] }
}

function checkGiven(
  truth: { elapsed(): number; ends: Map<string, number> },
  credential: Credential | undefined,
): void {
  if (credential === undefined) return
  const end = truth.ends.get(credential.headers[1] ?? '') ?? 0
  if (truth.elapsed() >= end)
    throw new BrokenPromise(`an expired credential was given out, ${truth.elapsed() - end} ms too late`)
}

function track(w: World, promise: Promise<Credential | undefined>, longestMs: number): void {
  const waiting = { since: w.lab.clock.monotonic(), longestMs }
  w.truth.waiting.add(waiting)
  promise
    .then((credential) => checkGiven(w.truth, credential))
    .catch((error: unknown) => error instanceof BrokenPromise && w.truth.broken.push(error))
    .finally(() => w.truth.waiting.delete(waiting))
}

type World = ReturnType<typeof world>

/** The current credential, which must be good. */
function current({ lab, truth, old }: World): Credential | undefined {
  const credential = lab.keeper.current()
  checkGiven(truth, credential)
  if (credential !== undefined && old.at(-1)?.generation !== credential.generation) old.push(credential)
  return credential
}

function reject(w: World, credential: Credential | undefined): void {
  if (credential !== undefined) track(w, w.lab.keeper.reject(credential), 3 * SECOND)
}

/** What each step does to the world. */
const acts: Record<Step['do'], (w: World, step: { ms: number; answer: Answer }) => void | Promise<void>> = {
  provider: (w, { answer }) => {
    w.truth.answer = answer
  },
  pass: ({ lab }, { ms }) => lab.clock.advance(ms),
  sleep: ({ lab, truth }, { ms }) => {
    // A sleep too short to be told from drift is made one that is not.
    truth.slept += Math.max(ms, 1_001)
    lab.clock.sleep(Math.max(ms, 1_001))
    lab.clock.now()
  },
  stall: ({ lab, truth }, { ms }) => {
    lab.clock.stall(ms)
    for (const waiting of truth.waiting) waiting.since += ms
  },
  'set wall': ({ lab }, { ms }) => {
    lab.clock.setWall(ms)
    // A wall clock set back by as long as the machine then sleeps, unseen in between, cannot be told from no sleep.
    lab.clock.now()
  },
  look: (w) => void current(w),
  call: (w) => track(w, w.lab.keeper.obtain(), LONGEST_WAIT),
  'call and leave': async (w) => {
    const leaving = new AbortController()
    track(w, w.lab.keeper.obtain(leaving.signal), 0)
    leaving.abort()
    await w.lab.clock.settle()
  },
  accept: (w) => {
    const credential = current(w)
    if (credential !== undefined) w.lab.keeper.accept(credential)
  },
  'refuse current': (w) => reject(w, current(w)),
  'refuse old': (w) => reject(w, w.old[0]),
}

function checkWaiting({ lab, truth }: World): void {
  for (const { since, longestMs } of truth.waiting) {
    const waited = lab.clock.monotonic() - since
    if (waited > longestMs + SECOND) throw new Error(`somebody has waited for ${waited} ms`)
  }
}

function checkAsked({ lab }: World): void {
  const defect = lab.events.find((event) => event.type === 'failed' && event.failure.code === 'internal')
  if (defect !== undefined) throw new Error('the provider was asked twice at once, or a source failed')
  for (const [i, at] of lab.asked.entries()) {
    const gap = at - (lab.asked[i - 1] ?? Number.NEGATIVE_INFINITY)
    if (gap < SECOND - ROUNDING) throw new Error(`two token requests ${gap} ms apart`)
  }
}

async function checkRecovery({ lab, truth }: World): Promise<void> {
  truth.answer = { kind: 'ok', lifetimeMs: 24 * 60 * MINUTE, afterMs: 0, same: false }
  const from = lab.clock.monotonic()
  while (lab.keeper.status().usableForMs === 0) {
    await lab.clock.advance(10 * SECOND)
    if (lab.clock.monotonic() - from > RECOVERY) throw new Error('it did not recover')
  }
}

async function checkEnd({ lab, truth }: World): Promise<void> {
  lab.keeper.close()
  await lab.clock.settle()
  if (truth.waiting.size > 0) throw new Error(`${truth.waiting.size} are still waiting`)
  if (lab.clock.pendingTimers > truth.slow) throw new Error('timers are left')
}

t.test('over any trace of answers, sleeps, set clocks, calls and 401s', async (t) => {
  let given = 0
  const seeds = fc.integer({ min: 1, max: 1e9 })
  const traces = fc.array(steps, { minLength: 15, maxLength: 50, size: 'max' })
  const keepsItsPromises = async (seed: number, trace: Step[]) => {
    const w = world(seed)
    w.lab.keeper.start()
    for (const step of trace) {
      await acts[step.do](w, { ms: 0, answer: w.truth.answer, ...step })
      await w.lab.clock.settle()
      checkWaiting(w)
      if (w.truth.broken[0] !== undefined) throw w.truth.broken[0]
    }
    checkAsked(w)
    given += w.old.length
    await checkRecovery(w)
    await checkEnd(w)
  }
  await fc.assert(fc.asyncProperty(seeds, traces, keepsItsPromises), { numRuns: 500 })
  t.ok(given > 100, `${given} credentials were given out`)
})
