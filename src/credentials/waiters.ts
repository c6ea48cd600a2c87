import { type Clock, setLimit } from './clock.ts'

/** How a wait ended. */
export type WaitEnd = 'settled' | 'timed-out' | 'aborted' | 'full'

/** Callers that wait for something: at most so many, each for at most so long, each free to leave. */
export class Waiters {
  readonly #clock: Clock
  readonly #max: number
  #count = 0

  constructor(clock: Clock, max: number) {
    this.#clock = clock
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  /** Waits until `event` settles. Never rejects. Leaving does not disturb the event or the others. */
  wait(event: Promise<unknown>, patienceMs: number, signal: AbortSignal | undefined): Promise<WaitEnd> {
    if (signal?.aborted) return Promise.resolve('aborted')
    if (this.#count >= this.#max) return Promise.resolve('full')
    this.#count++
    return new Promise((resolve) => {
      const end = (how: WaitEnd) => {
        if (!waiting) return
        waiting = false
        this.#count--
        cancelTimer()
        signal?.removeEventListener('abort', onAbort)
        resolve(how)
      }
      let waiting = true
      const onAbort = () => end('aborted')
      const cancelTimer = setLimit(this.#clock, () => end('timed-out'), patienceMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      const onSettled = () => end('settled')
      event.then(onSettled, onSettled)
    })
  }
}
