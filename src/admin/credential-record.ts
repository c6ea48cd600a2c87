import type { ApiName } from '../config/apis.ts'
import { AcquireError, type AcquireFailure, type CredentialSource } from '../credentials/credential.ts'
import { type Distribution, emptyDistribution, observe } from '../credentials/distribution.ts'
import type { KeeperEvent, KeeperStatus } from '../credentials/keeper.ts'
import type { AttemptSpan, Tracing } from '../tracing.ts'

/** Which credential: that of an API of a cluster. Undefined for those of callers' own clients, all of them together. */
export type CredentialName = { cluster: string; api: ApiName } | undefined

export const attemptResults = [
  'ok',
  'timeout',
  'network',
  'http_5xx',
  'rate_limited',
  'rejected',
  'malformed',
  'local',
] as const

type AttemptResult = (typeof attemptResults)[number]

/** What happened to a credential until now. */
export interface CredentialHistory {
  name: CredentialName
  /** How it is now; undefined for those of callers' own clients, and for what is not in force any more. */
  status: () => KeeperStatus | undefined
  attempts: Record<AttemptResult, number>
  /** How long attempts took, in seconds. */
  durations: Distribution
  /** Seconds since 1970; undefined before the first. */
  lastSuccessS: number | undefined
  /** Renewals that the cluster forced by refusing a credential before its time. */
  forced: number
}

/** In seconds. None takes longer than the last. */
const DURATION_BOUNDS_S = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const

/** By words of failures; what is not here, and no status, is a fault of our own: a file, a command, the settings. */
const results: Record<string, AttemptResult> = {
  timeout: 'timeout',
  'http-408': 'timeout',
  network: 'network',
  tls: 'network',
  egress: 'network',
  malformed: 'malformed',
  'http-429': 'rate_limited',
}

const CALLED_OFF: AcquireFailure = { code: 'called-off', message: 'It was called off.', refused: false }
const UNEXPECTED: AcquireFailure = { code: 'internal', message: 'An unexpected error.', refused: false }

/** Takes down what happens to the credentials of this process, for whoever asks. */
export class CredentialRecord {
  readonly #statusOf: (name: CredentialName) => KeeperStatus | undefined
  readonly #histories = new Map<string, CredentialHistory>()
  readonly #tracing: Tracing | undefined
  #heldBack = 0

  /** `statusOf` tells how the credential of a name is now. */
  constructor(
    statusOf: (name: CredentialName) => KeeperStatus | undefined = () => undefined,
    tracing?: Tracing,
  ) {
    this.#statusOf = statusOf
    this.#tracing = tracing
  }

  /** Attempts that waited for their turn. */
  get heldBack(): number {
    return this.#heldBack
  }

  get histories(): readonly CredentialHistory[] {
    return [...this.#histories.values()]
  }

  /** An attempt waits for its turn, since requests to one token URL are kept apart. */
  readonly noteHeldBack = (): void => {
    this.#heldBack++
  }

  /** A source whose attempts are taken down, and traced if that is wanted. */
  measured(name: CredentialName, source: CredentialSource): CredentialSource {
    const history = this.#history(name)
    return { ...source, acquire: (signal) => measure(history, source, signal, this.#tracing?.attempt(name)) }
  }

  /** Takes down the events of a keeper. */
  listener(name: CredentialName): (event: KeeperEvent) => void {
    const history = this.#history(name)
    return (event) => {
      if (event.type === 'renewal-forced') history.forced++
    }
  }

  /** Forgets those whose names are not known any more. */
  retain(isKnown: (name: CredentialName) => boolean): void {
    for (const [key, { name }] of this.#histories) if (!isKnown(name)) this.#histories.delete(key)
  }

  #history(name: CredentialName): CredentialHistory {
    const key = name === undefined ? '' : `${name.cluster} ${name.api}`
    const known = this.#histories.get(key)
    if (known !== undefined) return known
    const attempts = Object.fromEntries(attemptResults.map((result) => [result, 0])) as Record<
      AttemptResult,
      number
    >
    const durations = emptyDistribution(DURATION_BOUNDS_S)
    const status = () => this.#statusOf(name)
    const history = { name, status, attempts, durations, lastSuccessS: undefined, forced: 0 }
    this.#histories.set(key, history)
    return history
  }
}

/** One attempt. One that is called off counts as what it was called off for, whether or not its source hears of it. */
async function measure(
  history: CredentialHistory,
  source: CredentialSource,
  signal: AbortSignal,
  span: AttemptSpan | undefined,
) {
  const startedAt = performance.now()
  let isOpen = true
  const end = (result: AttemptResult | undefined, failure?: AcquireFailure) => {
    if (!isOpen) return
    isOpen = false
    signal.removeEventListener('abort', onAbort)
    span?.end(failure)
    if (result === undefined) return
    history.attempts[result]++
    if (result === 'ok') history.lastSuccessS = Date.now() / 1_000
    observe(history.durations, (performance.now() - startedAt) / 1_000)
  }
  const fail = (failure: AcquireFailure) => end(resultOf(failure), failure)
  const onAbort = () =>
    signal.reason instanceof AcquireError ? fail(signal.reason.failure) : end(undefined, CALLED_OFF)
  signal.addEventListener('abort', onAbort)
  try {
    const acquire = () => source.acquire(signal)
    const issued = await (span === undefined ? acquire() : span.within(acquire))
    end('ok')
    return issued
  } catch (error) {
    fail(error instanceof AcquireError ? error.failure : UNEXPECTED)
    throw error
  }
}

function resultOf({ code, refused }: AcquireFailure): AttemptResult {
  if (refused) return 'rejected'
  const word = code.replace(/^discovery-/, '')
  const status = /^http-(\d)/.exec(word)
  return results[word] ?? (status === null ? 'local' : status[1] === '5' ? 'http_5xx' : 'malformed')
}
