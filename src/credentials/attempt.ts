import type { Clock } from './clock.ts'
import {
  AcquireError,
  type AcquireFailure,
  type CredentialSource,
  type IssuedCredential,
} from './credential.ts'
import type { Pace } from './pace.ts'

/** Longest that one attempt may take, the wait for its slot apart. */
const ATTEMPT_MS = 10_000

/** How one attempt ended; `fingerprint` tells which secret it was made with. */
export type Landing =
  | { issued: IssuedCredential; sentAt: number }
  | { failure: AcquireFailure; fingerprint: string | undefined }

/** One attempt, from its slot to its landing. Never rejects; ends soon after an abort. */
export async function attempt(
  source: CredentialSource,
  clock: Clock,
  pace: Pace,
  signal: AbortSignal,
): Promise<Landing> {
  let fingerprint: string | undefined
  try {
    await untilSlot(clock, pace, signal)
    return await withinTime(clock, signal, async (attemptSignal) => {
      fingerprint = await source.fingerprint()
      await untilDistant(clock, pace, attemptSignal)
      const sentAt = clock.now()
      return { issued: await source.acquire(attemptSignal), sentAt }
    })
  } catch (error) {
    return { failure: failureOf(error), fingerprint }
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
  clock: Clock,
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
    const cancel = clock.setTimer(() => giveUp(timedOut()), ATTEMPT_MS)
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
