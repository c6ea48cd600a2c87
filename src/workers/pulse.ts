import { type Clock, LATE_MS } from '../credentials/clock.ts'

const PING_MS = 5_000
/** How long a worker may say nothing: longer than anything that it does at a stretch. */
export const SILENT_MS = 30_000

interface PulseOptions {
  clock: Clock
  /** Asks for a word. */
  ping(): void
  onSilent(): void
}

/**
 * Tells a worker that is stopped or blocked by its silence. Only time counts during which this process itself went on:
 * what came while it was stopped, was blocked or slept has not been heard yet.
 */
export class Pulse {
  readonly #options: PulseOptions
  #silentMs = 0
  #hasSpoken = true
  #lookedAt: number
  #cancel = () => {}

  constructor(options: PulseOptions) {
    this.#options = options
    this.#lookedAt = options.clock.now()
    this.#ask()
  }

  /** It said something, whatever it was. */
  heard(): void {
    this.#hasSpoken = true
  }

  stop(): void {
    this.#cancel()
  }

  /** Asks, unless an earlier question has not been answered: it may not be read at all. */
  #ask(): void {
    if (this.#hasSpoken) this.#options.ping()
    this.#hasSpoken = false
    this.#cancel = this.#options.clock.setTimer(() => this.#look(), PING_MS)
  }

  #look(): void {
    const now = this.#options.clock.now()
    const wasAway = now - this.#lookedAt > PING_MS + LATE_MS
    this.#lookedAt = now
    this.#silentMs = this.#hasSpoken || wasAway ? 0 : this.#silentMs + PING_MS
    if (this.#silentMs < SILENT_MS) this.#ask()
    else this.#options.onSilent()
  }
}
