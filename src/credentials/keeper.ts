import { type Fault, Problem, problemKind } from '../errors.ts'
import { ATTEMPT_MS, attempt } from './attempt.ts'
import { faultOf } from './blame.ts'
import { type Clock, LATE_MS } from './clock.ts'
import type { AcquireFailure, Credential, CredentialSource, IssuedCredential, Keeper } from './credential.ts'
import type { Pace } from './pace.ts'
import { Rejections } from './rejections.ts'
import { retryAfterRefusalMs, retryWhileUnusableMs, retryWhileUsableMs, timetable } from './schedule.ts'
import { Waiters } from './waiters.ts'

export type KeeperState =
  | 'cold' // none yet, and nothing has failed
  | 'fresh' // usable, and not yet due
  | 'renewing' // usable, and the next one is being fetched
  | 'degraded' // usable, and renewing it fails
  | 'expired' // none is usable, and acquiring one fails
  | 'misconfigured' // client, user or token is refused, or cannot be used
  | 'rejected' // the cluster refuses even a fresh one
  | 'draining' // shutting down

export const keeperStates = [
  'cold',
  'fresh',
  'renewing',
  'degraded',
  'expired',
  'misconfigured',
  'rejected',
  'draining',
] as const satisfies readonly KeeperState[]

/** What a keeper tells the log and the metrics. Durations in milliseconds; no event holds a credential. */
export type KeeperEvent =
  /** `same`: it is the one that was there before, and only its time is new. */
  | {
      type: 'acquired'
      generation: number
      same: boolean
      tookMs: number
      lifetimeMs: number
      renewInMs: number
    }
  | { type: 'failed'; failure: AcquireFailure; nextTryInMs: number; usableForMs: number }
  | { type: 'renewal-forced'; generation: number }
  | { type: 'rejected'; generation: number; pauseMs: number }

export interface KeeperStatus {
  state: KeeperState
  /** How long the current credential can still be used, in milliseconds; 0 if there is none. */
  usableForMs: number
  lastFailure: AcquireFailure | undefined
  /** None is usable only because nobody asked for one: the next caller sets things going. */
  isIdle: boolean
}

/** How the last attempt went. Durations in milliseconds. */
interface LastAttempt {
  ok: boolean
  endedAgoMs: number
  /** Its wait for a slot of the pace included. */
  tookMs: number
}

/** The whole story, for people. Durations in milliseconds, from now. */
export interface KeeperReport extends KeeperStatus {
  /** How long the credential is used, from when it was asked for; undefined if there is none. */
  lifeMs: number | undefined
  /** Since when there is this one, or since when it is known to be the same still. */
  acquiredAgoMs: number | undefined
  /** Until the next attempt that is planned; undefined if none is, or if one is being made. */
  nextAttemptInMs: number | undefined
  isTrying: boolean
  lastAttempt: LastAttempt | undefined
  /** Whose fault the last failure is; undefined if there is none. */
  fault: Fault | undefined
}

export interface KeeperOptions {
  source: CredentialSource
  clock: Clock
  pace: Pace
  /** A number from 0 up to 1, as Math.random gives. */
  random: () => number
  onEvent: (event: KeeperEvent) => void
  /** Renews only what was used since the last renewal, so that an idle credential costs nothing. */
  onlyIfUsed?: boolean
  /** After a failure goes on trying though nobody asks: somebody waits for it to be ready before asking. */
  keepReady?: boolean
  /** The problem of a refusal: whether it is the proxy's own credential or a caller's client. */
  refusal?: 'credential-refused' | 'caller-refused'
}

interface Flight {
  landed: Promise<void>
  controller: AbortController
  /** On the clock that counts sleep. */
  startedAt: number
  /** How long a caller may wait for it. */
  patienceMs: number
}

const COLD_PATIENCE_MS = 10_000
const FAILING_PATIENCE_MS = 2_000
const REPLACEMENT_PATIENCE_MS = 3_000
const MAX_WAITERS = 1_000
/** A corrected secret is noticed this fast while the old one is refused. */
const WATCH_MS = 1_000
/** A timer is only a hint: the clock is looked at this often, whatever was planned. */
const LONGEST_TIMER_MS = 60_000

/**
 * Owns one credential through time: acquires it, renews it ahead of expiry, and gives every request the current
 * one. One attempt at a time; nobody waits while a usable credential exists.
 */
export class CredentialKeeper implements Keeper {
  readonly #source: CredentialSource
  readonly #clock: Clock
  readonly #pace: Pace
  readonly #random: () => number
  readonly #onEvent: (event: KeeperEvent) => void
  #onlyIfUsed: boolean
  #keepReady: boolean
  readonly #refusal: 'credential-refused' | 'caller-refused'
  readonly #waiters: Waiters
  readonly #rejections = new Rejections()

  #credential: Credential | undefined
  #flight: Flight | undefined
  #failures = 0
  #refusals = 0
  #lastFailure: AcquireFailure | undefined
  #lastAttempt: { ok: boolean; endedAt: number; tookMs: number } | undefined
  /** Since when attempts have failed with no credential left that can be used, and that the cluster has not refused. */
  #unusableSince: number | undefined
  /** No attempt before this instant. */
  #notBefore = Number.NEGATIVE_INFINITY
  /** When the next attempt is due: the one number that the hot path compares with the clock. */
  #dueAt = Number.POSITIVE_INFINITY
  /** Whether anybody asked for the credential since the last attempt. */
  #used = false
  #phase: 'running' | 'draining' | 'closed' = 'running'
  #cancelTimer = () => {}
  #cancelWatch = () => {}

  constructor(options: KeeperOptions) {
    this.#source = options.source
    this.#clock = options.clock
    this.#pace = options.pace
    this.#random = options.random
    this.#onEvent = options.onEvent
    this.#onlyIfUsed = options.onlyIfUsed ?? false
    this.#keepReady = options.keepReady ?? false
    this.#refusal = options.refusal ?? 'credential-refused'
    this.#waiters = new Waiters(options.clock, MAX_WAITERS)
  }

  /** Begins to acquire, so that the first caller need not wait. */
  start(): void {
    this.#launchIfAllowed(this.#clock.now())
  }

  /** From now on it is kept ready for the first caller, or no longer. */
  serveAs({ onlyIfUsed, keepReady }: Required<Pick<KeeperOptions, 'onlyIfUsed' | 'keepReady'>>): void {
    this.#onlyIfUsed = onlyIfUsed
    this.#keepReady = keepReady
    this.#plan()
  }

  /** The credential to send now, or undefined if there is none. Synchronous; sets a due renewal going. */
  usable(): Credential | undefined {
    return this.#usable(this.#clock.now())
  }

  current(): Credential | undefined {
    const now = this.#clock.now()
    this.#used = true
    if (now >= this.#dueAt) this.#launchIfAllowed(now)
    return this.#usable(now)
  }

  /**
   * The current credential, else the next one: waits at most 10 s for it while the keeper is cold, 2 s once
   * attempts have failed, and not at all between two attempts.
   * @throws Problem `credential-unavailable` or `credential-refused`; the signal's reason if the caller left.
   */
  async obtain(signal?: AbortSignal): Promise<Credential> {
    const usable = this.current()
    if (usable !== undefined) return usable
    this.#launchIfAllowed(this.#clock.now())
    let isWaiting = true
    const next = this.#untilUsable(() => isWaiting)
    const end = await this.#waiters.wait(next, this.#patienceMs(), signal)
    isWaiting = false
    if (end === 'aborted') throw signal?.reason
    // Not `current`: who waited for it has asked for it already, and it shall not be renewed for that alone.
    const credential = this.#usable(this.#clock.now())
    if (credential !== undefined) return credential
    throw this.#unavailable()
  }

  /**
   * The cluster answered 401 to a request that carried this credential. Returns a newer one if there is one or
   * if it comes within 3 s; undefined means that the 401 stands.
   */
  async reject(refused: Credential, signal?: AbortSignal): Promise<Credential | undefined> {
    if (refused.generation === this.#credential?.generation) {
      this.#noteRejection(refused, this.#clock.now())
      if (this.#flight !== undefined) {
        await this.#waiters.wait(this.#flight.landed, REPLACEMENT_PATIENCE_MS, signal)
      }
    }
    const current = this.current()
    return current !== undefined && current.generation > refused.generation ? current : undefined
  }

  /** The cluster took a request that carried this credential: whatever it refuses, it is not the credential. */
  accept(accepted: Credential): void {
    if (this.#rejections.suspicious && accepted.generation === this.#credential?.generation) {
      this.#rejections.cleared()
    }
  }

  /** The credential as it is, without making use of it. */
  peek(): Credential | undefined {
    return this.#credential
  }

  /** It would be news that the cluster takes the current credential. */
  get isOnTrial(): boolean {
    return this.#rejections.suspicious
  }

  status(): KeeperStatus {
    const now = this.#clock.now()
    return {
      state: this.#stateAt(now),
      usableForMs: this.#usableForMs(now),
      lastFailure: this.#lastFailure,
      isIdle:
        this.#onlyIfUsed &&
        this.#credential !== undefined &&
        this.#failures === 0 &&
        this.#usable(now) === undefined,
    }
  }

  /** The same and more, for people who look. */
  report(): KeeperReport {
    const now = this.#clock.now()
    const { acquiredAt, usableUntil } = this.#credential ?? {}
    const failure = this.#lastFailure
    return {
      ...this.status(),
      lifeMs: acquiredAt === undefined || usableUntil === undefined ? undefined : usableUntil - acquiredAt,
      acquiredAgoMs: acquiredAt === undefined ? undefined : now - acquiredAt,
      nextAttemptInMs: Number.isFinite(this.#dueAt) ? Math.max(0, this.#dueAt - now) : undefined,
      isTrying: this.#flight !== undefined,
      lastAttempt: this.#lastAttempt && {
        ok: this.#lastAttempt.ok,
        endedAgoMs: now - this.#lastAttempt.endedAt,
        tookMs: this.#lastAttempt.tookMs,
      },
      fault: failure && this.#faultOf(failure),
    }
  }

  /** Shutting down: goes on giving what it has, and renews on demand only. */
  drain(): void {
    if (this.#phase === 'running') this.#phase = 'draining'
    this.#cancelWatch()
    this.#plan()
  }

  /**
   * Ends for good: leaves no timer, no attempt and no waiter behind. Resolves, after 2 s at most, when what can be
   * given back has been.
   */
  async close(): Promise<void> {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#flight?.controller.abort(new Problem('draining', 'This proxy is shutting down.'))
    this.#cancelWatch()
    this.#plan()
    await this.#source.retire?.()
  }

  /** Until there is a credential or there will be none. Only one that lapsed on its way is worth waiting for the next. */
  async #untilUsable(isWaiting: () => boolean): Promise<void> {
    while (this.#flight !== undefined && isWaiting()) {
      await this.#flight.landed
      const now = this.#clock.now()
      if (this.#usable(now) !== undefined || this.#lastFailure !== undefined) return
      if (isWaiting()) this.#launchIfAllowed(now)
    }
  }

  #patienceMs(): number {
    if (this.#flight === undefined) return 0
    const { startedAt, patienceMs } = this.#flight
    // An attempt that should have ended long ago was slept through, and is made again.
    const isStale = this.#failures === 0 && this.#clock.now() - startedAt > ATTEMPT_MS
    return isStale ? COLD_PATIENCE_MS : patienceMs
  }

  #usable(now: number): Credential | undefined {
    return this.#credential !== undefined && now < this.#credential.usableUntil ? this.#credential : undefined
  }

  #usableForMs(now: number): number {
    return this.#credential === undefined ? 0 : Math.max(0, this.#credential.usableUntil - now)
  }

  #stateAt(now: number): KeeperState {
    if (this.#phase !== 'running') return 'draining'
    if (this.#lastFailure?.refused === true) return 'misconfigured'
    if (this.#usable(now) === undefined) return this.#failures > 0 ? 'expired' : 'cold'
    if (this.#rejections.active) return 'rejected'
    if (this.#flight !== undefined) return 'renewing'
    return this.#failures > 0 ? 'degraded' : 'fresh'
  }

  #launchIfAllowed(now: number): void {
    if (this.#flight === undefined && this.#phase !== 'closed' && now >= this.#notBefore) this.#launch(now)
  }

  #launch(now: number): void {
    const cold = this.#usable(now) === undefined && this.#failures === 0
    const controller = new AbortController()
    this.#flight = {
      controller,
      startedAt: now,
      patienceMs: cold ? COLD_PATIENCE_MS : FAILING_PATIENCE_MS,
      // One that nobody used was left to lapse, and is late for no other reason.
      landed: this.#fly(controller.signal, !this.#onlyIfUsed && now > this.#dueAt + LATE_MS),
    }
    this.#cancelWatch()
    this.#plan()
  }

  async #fly(signal: AbortSignal, isOverdue: boolean): Promise<void> {
    const startedAt = this.#clock.now()
    const landing = await attempt(this.#source, this.#clock, this.#pace, signal, isOverdue)
    const endedAt = this.#clock.now()
    this.#lastAttempt = { ok: 'issued' in landing, endedAt, tookMs: endedAt - startedAt }
    this.#flight = undefined
    this.#used = false
    if (this.#phase === 'closed') return
    if ('issued' in landing) this.#succeed(landing.issued, landing.sentAt)
    else this.#fail(landing.failure)
    this.#plan()
    if ('fingerprint' in landing && this.#refusals > 0) this.#watch(landing.fingerprint)
  }

  #succeed(issued: IssuedCredential, sentAt: number): void {
    const now = this.#clock.now()
    const previous = this.#credential
    const same = previous !== undefined && isSame(previous, issued)
    const generation = same ? previous.generation : (previous?.generation ?? 0) + 1
    const times = timetable(sentAt, issued, this.#random())
    const { headers, session } = issued
    this.#credential = { headers, session, generation, acquiredAt: sentAt, ...times }
    this.#failures = 0
    this.#refusals = 0
    this.#lastFailure = undefined
    this.#unusableSince = undefined
    this.#notBefore = Number.NEGATIVE_INFINITY
    this.#rejections.renewed(same)
    this.#onEvent({
      type: 'acquired',
      generation,
      same,
      tookMs: now - sentAt,
      lifetimeMs: issued.lifetimeMs,
      renewInMs: Math.max(0, times.renewAt - now),
    })
  }

  #fail(failure: AcquireFailure): void {
    const now = this.#clock.now()
    const usableForMs = this.#usableForMs(now)
    this.#failures++
    this.#lastFailure = failure
    if (usableForMs === 0 || this.#rejections.awaited) this.#unusableSince ??= now
    if (failure.refused) this.#refusals = failure.times ?? this.#refusals + 1
    // Nobody should wait for a slot that is known not to be free yet.
    const slotMs = this.#pace.waitMs(this.#clock.monotonic())
    const pauseMs = failure.pauseMs ?? this.#pauseMs(now, usableForMs)
    this.#notBefore = now + Math.max(pauseMs, slotMs, failure.retryAfterMs ?? 0)
    this.#onEvent({ type: 'failed', failure, nextTryInMs: this.#notBefore - now, usableForMs })
  }

  #pauseMs(now: number, usableForMs: number): number {
    if (this.#refusals > 0) return retryAfterRefusalMs(this.#refusals)
    const { awaited } = this.#rejections
    if (usableForMs > 0 && !awaited) return retryWhileUsableMs(this.#failures, usableForMs, this.#random())
    return retryWhileUnusableMs(this.#failures, now - (this.#unusableSince ?? now), this.#random())
  }

  #noteRejection(refused: Credential, now: number): void {
    const verdict = this.#rejections.refused(refused.generation, now, this.#source.fixed === true)
    if (verdict.pauseMs !== undefined) {
      this.#onEvent({ type: 'rejected', generation: refused.generation, pauseMs: verdict.pauseMs })
    }
    if (!verdict.force || this.#flight !== undefined || now < this.#notBefore || this.#phase === 'closed')
      return
    this.#rejections.forced(refused.generation, now)
    this.#onEvent({ type: 'renewal-forced', generation: refused.generation })
    this.#launch(now)
  }

  #unavailable(): Problem {
    if (this.#phase === 'closed') return new Problem('draining', 'This proxy is shutting down.')
    if (this.#lastFailure === undefined) {
      return new Problem('credential-unavailable', 'The first credential has not come yet.', {
        retryAfterS: 1,
      })
    }
    const retryAfterS = Math.max(1, Math.ceil((this.#notBefore - this.#clock.now()) / 1_000))
    const { refused, message } = this.#lastFailure
    const detail = `${message} The next attempt is due in ${retryAfterS} s.`
    if (refused) return new Problem(this.#refusal, detail, { retryAfterS })
    const fault = faultOf(this.#lastFailure, this.#source)
    return new Problem('credential-unavailable', detail, { retryAfterS, fault })
  }

  #faultOf(failure: AcquireFailure): Fault {
    return failure.refused ? problemKind(this.#refusal).fault : faultOf(failure, this.#source)
  }

  /** Works out when the next attempt is due, and sets the timer for it. */
  #plan(): void {
    this.#cancelTimer()
    this.#dueAt = this.#nextDue()
    if (this.#dueAt === Number.POSITIVE_INFINITY) return
    const delay = Math.min(Math.max(0, this.#dueAt - this.#clock.now()), LONGEST_TIMER_MS)
    this.#cancelTimer = this.#clock.setTimer(() => {
      const now = this.#clock.now()
      if (now < this.#dueAt) this.#plan()
      else if (this.#isWanted()) this.#launchIfAllowed(now)
    }, delay)
  }

  #isWanted(): boolean {
    return !this.#onlyIfUsed || this.#used || (this.#keepReady && this.#failures > 0)
  }

  #nextDue(): number {
    if (this.#phase !== 'running' || this.#flight !== undefined) return Number.POSITIVE_INFINITY
    if (this.#failures > 0) return this.#notBefore
    return this.#credential?.renewAt ?? Number.POSITIVE_INFINITY
  }

  /** While it is refused: looks whether its secret was changed, and tries again at once if it was. */
  #watch(refusedFingerprint: string | undefined): void {
    // A secret that a caller sends changes with the request, and then has a keeper of its own.
    if (this.#phase !== 'running' || this.#refusal === 'caller-refused') return
    let isCancelled = false
    const cancelTimer = this.#clock.setTimer(async () => {
      const fingerprint = await this.#source.fingerprint().catch(() => refusedFingerprint)
      if (isCancelled) return
      if (fingerprint === refusedFingerprint) return this.#watch(refusedFingerprint)
      this.#notBefore = this.#clock.now()
      this.#launchIfAllowed(this.#notBefore)
    }, WATCH_MS)
    this.#cancelWatch = () => {
      isCancelled = true
      cancelTimer()
    }
  }
}

/** A session is the same for as long as it lasts, whatever its headers have become. */
function isSame(previous: Credential, issued: IssuedCredential): boolean {
  if (previous.session !== undefined || issued.session !== undefined)
    return previous.session === issued.session
  const { headers } = previous
  return headers.length === issued.headers.length && headers.every((part, i) => part === issued.headers[i])
}
