/**
 * Spaces the requests to one token URL, successes and failures together, whichever keeper makes them. Camunda's
 * SaaS allows about one token request a second for each source address and blocks the address beyond it.
 */
export class Pace {
  readonly #intervalMs: number
  readonly #onHeldBack: () => void
  #nextFree = Number.NEGATIVE_INFINITY
  #lastSent = Number.NEGATIVE_INFINITY

  /** `onHeldBack` hears of each who has to wait for its instant. */
  constructor(intervalMs = 1_000, onHeldBack = () => {}) {
    this.#intervalMs = intervalMs
    this.#onHeldBack = onHeldBack
  }

  /** How long it is from `now` to the next free instant. */
  waitMs(now: number): number {
    return Math.max(0, this.#nextFree - now)
  }

  /** Takes the next free instant, `now` or later, and returns it. */
  reserve(now: number): number {
    const slot = Math.max(now, this.#nextFree)
    if (slot > now) this.#onHeldBack()
    this.#nextFree = slot + this.#intervalMs
    return slot
  }

  /** How long it is from `now` until another request may go out, as far as those that did go out are concerned. */
  untilDistantMs(now: number): number {
    return Math.max(0, this.#lastSent + this.#intervalMs - now)
  }

  /** A request goes out now, which may be later than its slot: the next keeps its distance from it. */
  sent(now: number): void {
    this.#lastSent = now
    this.#nextFree = Math.max(this.#nextFree, now + this.#intervalMs)
  }
}
