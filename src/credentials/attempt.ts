import { type Clock, LATE_MS } from './clock.ts'
import {
  AcquireError,
  type AcquireFailure,
  type CredentialSource,
  type IssuedCredential,
} from './credential.ts'
import type { Pace } from './pace.ts'

/** Longest that one attempt may take, the wait for its slot apart. */
export const ATTEMPT_MS = 10_000
/** How often it is looked whether this process went on meanwhile. */
const TICK_MS = 250
/** How often in a row one that was interrupted is made again. */
const MAX_AGAIN = 3

/** How one attempt ended; `fingerprint` tells which secret it was made with. */
export type Landing =
  | { issued: IssuedCredential; sentAt: number }
  | { failure: AcquireFailure; fingerprint: string | undefined }

/**
 * An attempt, from its slot to its landing; one that came to nothing because this process was stopped or slept
 * meanwhile is made again at once, and so is the first after that (`isOverdue`): the connection that was kept for it
 * may have been closed. Never rejects; ends soon after an abort.
 */
export async function attempt(
  source: CredentialSource,
  clock: Clock,
  pace: Pace,
  signal: AbortSignal,
  isOverdue = false,
): Promise<Landing> {
  for (let again = 0; ; again++) {
    const { landing, isInterrupted } = await once(source, clock, pace, signal)
    const isExcused = isInterrupted || (isOverdue && again === 0)
    if (!isExcused || again === MAX_AGAIN || signal.aborted || hasSpoken(landing)) return landing
  }
}

async function once(source: CredentialSource, clock: Clock, pace: Pace, signal: AbortSignal) {
  let fingerprint: string | undefined
  const ticker = new Ticker(clock)
  try {
    await untilSlot(clock, pace, signal)
    const landing: Landing = await withinTime(ticker, signal, async (attemptSignal) => {
      fingerprint = await source.fingerprint()
      await untilDistant(clock, pace, attemptSignal)
      const sentAt = clock.now()
      return { issued: await source.acquire(attemptSignal), sentAt }
    })
    return { landing, isInterrupted: false }
  } catch (error) {
    const landing: Landing = { failure: failureOf(error), fingerprint }
    ticker.look()
    return { landing, isInterrupted: ticker.hasBeenAway }
  }
}

/** There is a credential, or who was asked for it wants something else done. */
function hasSpoken(landing: Landing): boolean {
  return 'issued' in landing || landing.failure.refused || landing.failure.retryAfterMs !== undefined
}

/** Notices that this process did not go on for a while, be it that it was stopped, was blocked or slept. */
class Ticker {
  readonly #clock: Clock
  #lookedAt = Number.POSITIVE_INFINITY
  hasBeenAway = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Says whether it has been away since it looked last. */
  look(): boolean {
    const now = this.#clock.now()
    const wasAway = now - this.#lookedAt > TICK_MS + LATE_MS
    this.#lookedAt = now
    this.hasBeenAway ||= wasAway
    return wasAway
  }

  /**
   * Runs `action` after so long, sleep included; if the time was up while it was away, what came meanwhile is heard
   * first. Returns its cancellation.
   */
  after(delayMs: number, action: () => void): () => void {
    const endsAt = this.#clock.now() + delayMs
    let cancel = () => {}
    const tick = () => {
      const wasAway = this.look()
      const leftMs = endsAt - this.#clock.now()
      if (leftMs <= 0 && !wasAway) action()
      else cancel = this.#clock.setTimer(tick, leftMs <= 0 ? TICK_MS : Math.min(TICK_MS, leftMs))
    }
    tick()
    return () => cancel()
  }
}

async function untilSlot(clock: Clock, pace: Pace, signal: AbortSignal): Promise<void> {
  const slot = pace.reserve(clock.monotonic())
  for (let left = slot - clock.monotonic(); left > 0; left = slot - clock.monotonic()) {
    await pause(clock, left, signal)
  }
  signal.throwIfAborted()
}

/** A slot may be used late, and the next one then comes too soon: what counts is the last request that went out. */
async function untilDistant(clock: Clock, pace: Pace, signal: AbortSignal): Promise<void> {
  for (
    let left = pace.untilDistantMs(clock.monotonic());
    left > 0;
    left = pace.untilDistantMs(clock.monotonic())
  ) {
    await pause(clock, left, signal)
  }
  signal.throwIfAborted()
  pace.sent(clock.monotonic())
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimer(resolve, delayMs)
    const onAbort = () => {
      cancel()
      reject(signal.reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Holds a source to its time, even one that does not honour its signal. */
function withinTime<T>(
  ticker: Ticker,
  signal: AbortSignal,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason)
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const giveUp = (reason: unknown) => {
      cancel()
      controller.abort(reason)
      reject(reason)
    }
    const cancel = ticker.after(ATTEMPT_MS, () => giveUp(timedOut()))
    signal.addEventListener('abort', () => giveUp(signal.reason), { once: true })
    act(controller.signal).then(resolve, reject).finally(cancel)
  })
}

function timedOut(): AcquireError {
  const message = `The source of the credential did not answer within ${ATTEMPT_MS / 1_000} s.`
  return new AcquireError({ code: 'timeout', message, refused: false })
}

/** A defect in a source must not pass for the identity provider's fault, nor stop the keeper. */
function failureOf(error: unknown): AcquireFailure {
  if (error instanceof AcquireError) return error.failure
  const kind = error instanceof Error ? error.name : typeof error
  return {
    code: 'internal',
    message: `Acquiring a credential failed inside this proxy (${kind}).`,
    refused: false,
  }
}
