import { pauseAfterForcingMs, pauseAfterRejectionMs } from './schedule.ts'

/** After this long without a forced renewal the next one counts as the first again. */
const QUIET_MS = 600_000

/**
 * Remembers which credentials the cluster refused, and so whether a 401 is worth another renewal: once for each
 * generation, 5 s apart and further each time, and only after a pause if what it brought was refused as well.
 */
export class Rejections {
  #forcedGeneration: number | undefined
  /** The current credential came from a forced renewal, and the cluster has not taken it yet. */
  #onTrial = false
  #active = false
  #rejections = 0
  #forcings = 0
  #lastForcedAt = Number.NEGATIVE_INFINITY
  #forceNotBefore = Number.NEGATIVE_INFINITY
  /** That a fixed credential is refused is not said again before, whatever is taken in between. */
  #quietUntil = Number.NEGATIVE_INFINITY

  /** The cluster refuses even a fresh credential, so the fault lies elsewhere. */
  get active(): boolean {
    return this.#active
  }

  /** A renewal was forced that has not come: the current credential has lost its use, whatever time it has left. */
  get awaited(): boolean {
    return this.#forcedGeneration !== undefined
  }

  /** A success would be news: it ends a trial, or a pause that may have outlived the credential it began with. */
  get suspicious(): boolean {
    return this.#onTrial || this.#rejections > 0
  }

  /**
   * A 401 to the current credential, which is fixed if a renewal could only bring the same. Says whether to force a
   * renewal, and which pause begins with it, if one does.
   */
  refused(generation: number, now: number, isFixed = false): { force: boolean; pauseMs?: number } {
    if (isFixed) return this.#refusedForGood(now)
    if (this.#onTrial) return { force: false, pauseMs: this.#begin(now) }
    if (now < this.#forceNotBefore) {
      this.#active = this.#rejections > 0
      return { force: false }
    }
    return { force: this.#active || this.#forcedGeneration !== generation }
  }

  #refusedForGood(now: number): { force: false; pauseMs?: number } {
    this.#active = this.#rejections > 0
    if (now < this.#quietUntil) return { force: false }
    const pauseMs = this.#begin(now)
    this.#quietUntil = now + pauseMs
    return { force: false, pauseMs }
  }

  /** A renewal was forced by a 401 to this generation. */
  forced(generation: number, now: number): void {
    if (now - this.#lastForcedAt > QUIET_MS) this.#forcings = 0
    this.#forcings++
    this.#lastForcedAt = now
    this.#forcedGeneration = generation
    this.#forceNotBefore = now + pauseAfterForcingMs(this.#forcings)
  }

  /** A credential arrived; `same` says that it is the very one that was there before. */
  renewed(same: boolean): void {
    const forced = this.#forcedGeneration !== undefined
    if (same && !forced) return
    this.#forcedGeneration = undefined
    this.#onTrial = forced
    this.#active = false
  }

  /** The cluster took the current credential: the pause after a rejection ends, the distance between forcings stays. */
  cleared(): void {
    this.#active = false
    this.#onTrial = false
    this.#rejections = 0
    this.#forceNotBefore = this.#lastForcedAt + pauseAfterForcingMs(this.#forcings)
  }

  #begin(now: number): number {
    this.#active = true
    this.#onTrial = false
    this.#rejections++
    const pauseMs = pauseAfterRejectionMs(this.#rejections)
    this.#forceNotBefore = now + pauseMs
    return pauseMs
  }
}
