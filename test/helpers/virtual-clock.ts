import { type Clock, sleepSafe } from '../../src/credentials/clock.ts'

interface Timer {
  at: number
  action: () => void
}

/** How often the promises behind a timer get a turn before time goes on. */
const TURNS = 3

/** Node counts whole milliseconds: a fraction is cut off, so that a timer may come a little early, and 1 is the least. */
const nodesDelay = (delayMs: number) => Math.max(1, Math.trunc(delayMs))

/**
 * Time in the hands of a test. Timers follow the monotonic side, as Node's do: they stand still while the machine
 * sleeps, and do not care what the wall clock says.
 */
export class VirtualClock implements Clock {
  #monotonic = 0
  #wall = 1_800_000_000_000
  #timers = new Set<Timer>()
  readonly #now: () => number

  constructor() {
    this.#now = sleepSafe(
      () => this.#monotonic,
      () => this.#wall,
    )
  }

  now(): number {
    return this.#now()
  }

  monotonic(): number {
    return this.#monotonic
  }

  setTimer(action: () => void, delayMs: number): () => void {
    const timer = { at: this.#monotonic + nodesDelay(delayMs), action }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Lets time pass, running each timer when it is due. */
  async advance(ms: number): Promise<void> {
    const end = this.#monotonic + ms
    await this.settle()
    for (let next = this.#nextBefore(end); next !== undefined; next = this.#nextBefore(end)) {
      this.#pass(Math.max(0, next.at - this.#monotonic))
      this.#timers.delete(next)
      next.action()
      await this.settle()
    }
    this.#pass(end - this.#monotonic)
  }

  /** Time passes, but the event loop is busy: no timer runs until the next `advance`. */
  stall(ms: number): void {
    this.#pass(ms)
  }

  /** The machine sleeps: only the wall clock goes on. */
  sleep(ms: number): void {
    this.#wall += ms
  }

  /** Somebody sets the wall clock. */
  setWall(deltaMs: number): void {
    this.#wall += deltaMs
  }

  /** Gives promises a few turns. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  #pass(ms: number): void {
    this.#monotonic += ms
    this.#wall += ms
  }

  #nextBefore(end: number): Timer | undefined {
    return [...this.#timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
  }
}
