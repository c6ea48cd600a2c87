import { type Clock, setLimit } from '../credentials/clock.ts'
import { Problem } from '../errors.ts'
import type { KeeperNote, KeeperQuestion, SentProblem, ToPrimary } from './messages.ts'

/** More than a keeper lets a caller wait, so that its own answer is the one that counts. */
const ANSWER_MS = 12_000

/** A worker's way to its primary. */
export class Link {
  readonly #send: (message: ToPrimary) => void
  readonly #clock: Clock
  readonly #asked = new Map<number, (problem: Problem | undefined) => void>()
  #count = 0
  #isClosed = false

  constructor(send: (message: ToPrimary) => void, clock: Clock) {
    this.#send = send
    this.#clock = clock
  }

  tell(message: KeeperNote): void {
    if (!this.#isClosed) this.#send(message)
  }

  /** Asks, and resolves with what stands in the way, if anything does: after 12 s at most. Never rejects. */
  ask(question: KeeperQuestion): Promise<Problem | undefined> {
    if (this.#isClosed) return Promise.resolve(gone())
    const ask = ++this.#count
    return new Promise((resolve) => {
      const end = (problem: Problem | undefined) => {
        cancelTimer()
        this.#asked.delete(ask)
        resolve(problem)
      }
      const cancelTimer = setLimit(this.#clock, () => end(silent()), ANSWER_MS)
      this.#asked.set(ask, end)
      this.#send({ ...question, ask })
    })
  }

  answered(ask: number, problem: SentProblem | undefined): void {
    const { code, detail, ...rest } = problem ?? {}
    // One that comes too late is for nobody.
    this.#asked.get(ask)?.(code && new Problem(code, detail ?? '', withoutUndefined(rest)))
  }

  /** The primary is gone: nothing will be answered any more. */
  close(): void {
    this.#isClosed = true
    for (const end of [...this.#asked.values()]) end(gone())
  }
}

function withoutUndefined({ retryAfterS, fault }: Partial<SentProblem>) {
  return { ...(retryAfterS !== undefined && { retryAfterS }), ...(fault && { fault }) }
}

function silent(): Problem {
  const detail = 'The process that gets the credentials does not answer.'
  return new Problem('credential-unavailable', detail, { retryAfterS: 1, fault: 'this proxy' })
}

function gone(): Problem {
  return new Problem('draining', 'This proxy is shutting down.')
}
