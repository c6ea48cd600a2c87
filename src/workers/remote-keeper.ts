import type { Clock } from '../credentials/clock.ts'
import type { Credential, Keeper } from '../credentials/credential.ts'
import { Waiters } from '../credentials/waiters.ts'
import { Problem } from '../errors.ts'
import type { Link } from './link.ts'
import type { SentCredential, SentHeaders, Where } from './messages.ts'
import { RemoteSession } from './remote-session.ts'

const PATIENCE_MS = 12_000
/** A little more than the keeper itself waits for a replacement. */
const REPLACEMENT_PATIENCE_MS = 4_000
const MAX_WAITERS = 1_000
/** One that lapsed on its way is worth asking for the next, and no more. */
const MAX_QUESTIONS = 2

/**
 * A worker's end of a keeper that is in the primary: has the credential that it was sent last, and asks for one, once
 * however many wait, if that is none. It tells of the first use of each, so that what is used is renewed.
 */
export class RemoteKeeper implements Keeper {
  readonly #address: { keeper: number; where: Where }
  readonly #link: Pick<Link, 'tell' | 'ask'>
  readonly #clock: Clock
  readonly #waiters: Waiters
  #credential: Credential | undefined
  #session: RemoteSession | undefined
  #issue = ''
  #isOnTrial = false
  /** When a use is next worth telling: the one number, beside the end, that the hot path compares with the clock. */
  #tellAt = Number.POSITIVE_INFINITY
  #obtaining: Promise<Problem | undefined> | undefined
  #rejecting: Promise<Problem | undefined> | undefined

  constructor(address: { keeper: number; where: Where }, link: Pick<Link, 'tell' | 'ask'>, clock: Clock) {
    this.#address = address
    this.#link = link
    this.#clock = clock
    this.#waiters = new Waiters(clock, MAX_WAITERS)
  }

  /** Asks to be sent the credential, so that the first caller need not wait. */
  watch(): void {
    this.#link.tell({ type: 'watch', ...this.#address })
  }

  usable(): Credential | undefined {
    return this.#usable(this.#clock.now())
  }

  current(): Credential | undefined {
    const now = this.#clock.now()
    if (now >= this.#tellAt) this.#tellUse(now)
    return this.#usable(now)
  }

  /**
   * The current credential, else the next one: waits 12 s at most, which is more than the keeper itself has it take.
   * @throws Problem that of the keeper, or `credential-unavailable`; the signal's reason if the caller left.
   */
  async obtain(signal?: AbortSignal): Promise<Credential> {
    const usable = this.current()
    if (usable !== undefined) return usable
    const problem = this.#untilUsable()
    const end = await this.#waiters.wait(problem, PATIENCE_MS, signal)
    if (end === 'aborted') throw signal?.reason
    const credential = this.#usable(this.#clock.now())
    if (credential !== undefined) return credential
    throw (end === 'settled' ? await problem : undefined) ?? unavailable()
  }

  /** Returns a newer one if there is one or if it comes within 4 s; undefined means that the 401 stands. */
  async reject(refused: Credential, signal?: AbortSignal): Promise<Credential | undefined> {
    if (refused.generation === this.#credential?.generation)
      await this.#waiters.wait(this.#tellRejection(), REPLACEMENT_PATIENCE_MS, signal)
    const current = this.current()
    return current !== undefined && current.generation > refused.generation ? current : undefined
  }

  accept(accepted: Credential): void {
    if (!this.#isOnTrial || accepted.generation !== this.#credential?.generation) return
    this.#isOnTrial = false
    this.#link.tell({ type: 'accept', issue: this.#issue, ...this.#address })
  }

  /** The primary sent a credential, so long ago, in milliseconds: a new one, or the same with other times. */
  take(sent: SentCredential, elapsedMs = 0): void {
    // It may have waited unread, while this process was stopped.
    const now = this.#clock.now() - elapsedMs
    const previous = this.#credential
    const isSame = previous !== undefined && sent.issue === this.#issue
    this.#issue = sent.issue
    this.#isOnTrial = sent.isOnTrial
    this.#session = this.#sessionOf(sent, isSame)
    this.#credential = {
      headers: sent.headers,
      // Of this process: that of the keeper begins anew if it had to make room and came back.
      generation: isSame ? previous.generation : (previous?.generation ?? 0) + 1,
      acquiredAt: now - sent.ageMs,
      renewAt: now + sent.renewInMs,
      usableUntil: now + sent.usableForMs,
      session: this.#session,
    }
    this.#tellAt = Number.NEGATIVE_INFINITY
  }

  /** The primary sent what a login has to send from now on. */
  takeSession(issue: string, headers: SentHeaders): void {
    if (issue === this.#issue) this.#session?.update(headers)
  }

  #sessionOf({ session: sent, issue }: SentCredential, isSame: boolean): RemoteSession | undefined {
    if (sent === undefined) return undefined
    if (isSame) this.#session?.update(sent)
    if (isSame && this.#session !== undefined) return this.#session
    return new RemoteSession(sent.signs, sent, (rawHeaders) =>
      this.#link.ask({ type: 'observe', issue, rawHeaders, ...this.#address }),
    )
  }

  #usable(now: number): Credential | undefined {
    return this.#credential !== undefined && now < this.#credential.usableUntil ? this.#credential : undefined
  }

  /** Once for what was sent, and once more when the renewal is due: the primary's timer may be late, as after a sleep. */
  #tellUse(now: number): void {
    const { renewAt } = this.#credential ?? { renewAt: now }
    this.#tellAt = now < renewAt ? renewAt : Number.POSITIVE_INFINITY
    this.#link.tell({ type: 'used', ...this.#address })
  }

  /** Asks until there is one. Resolves with what stands in the way, if anything does. */
  async #untilUsable(): Promise<Problem | undefined> {
    for (let questions = 0; questions < MAX_QUESTIONS; questions++) {
      const problem = await this.#askForOne()
      if (problem !== undefined || this.#usable(this.#clock.now()) !== undefined) return problem
    }
    return undefined
  }

  #askForOne(): Promise<Problem | undefined> {
    this.#obtaining ??= this.#link.ask({ type: 'obtain', ...this.#address }).finally(() => {
      this.#obtaining = undefined
    })
    return this.#obtaining
  }

  #tellRejection(): Promise<Problem | undefined> {
    const rejection = { type: 'reject', issue: this.#issue, ...this.#address } as const
    this.#rejecting ??= this.#link.ask(rejection).finally(() => {
      this.#rejecting = undefined
    })
    return this.#rejecting
  }
}

function unavailable(): Problem {
  const detail = 'The process that gets the credentials has given none in time.'
  return new Problem('credential-unavailable', detail, { retryAfterS: 1, fault: 'this proxy' })
}
