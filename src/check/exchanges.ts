import { subscribe, unsubscribe } from 'node:diagnostics_channel'

/** The head of an answer, and when its request was sent and it came, in milliseconds since 1970. */
export interface Exchange {
  origin: string
  status: number
  header(name: string): string | undefined
  sentAt: number
  receivedAt: number
}

const SENT = 'undici:client:sendHeaders'
const ANSWERED = 'undici:request:headers'

interface Message {
  request: object & { origin?: unknown }
  response?: { statusCode: number; headers: readonly Buffer[] }
}

/**
 * Hears of each answer that undici gets, by its diagnostics channels: what a source of credentials does not tell, such
 * as `Date`. Bodies are not heard. Ends with `close`.
 */
export class Exchanges {
  readonly #now: () => number
  readonly #sent = new WeakMap<object, number>()
  readonly #last = new Map<string, Exchange>()

  constructor(now: () => number) {
    this.#now = now
    subscribe(SENT, this.#onSent)
    subscribe(ANSWERED, this.#onAnswered)
  }

  /** The last answer of a server. */
  last(origin: string): Exchange | undefined {
    return this.#last.get(origin)
  }

  close(): void {
    unsubscribe(SENT, this.#onSent)
    unsubscribe(ANSWERED, this.#onAnswered)
  }

  readonly #onSent = (message: unknown) => {
    this.#sent.set((message as Message).request, this.#now())
  }

  readonly #onAnswered = (message: unknown) => {
    const { request, response } = message as Message
    const sentAt = this.#sent.get(request)
    if (response === undefined || sentAt === undefined) return
    const origin = String(request.origin)
    const { statusCode: status, headers } = response
    const header = (name: string) => headerIn(name, headers)
    this.#last.set(origin, { origin, status, header, sentAt, receivedAt: this.#now() })
  }
}

function headerIn(name: string, raw: readonly Buffer[]): string | undefined {
  const at = raw.findIndex((part, i) => i % 2 === 0 && part.toString('latin1').toLowerCase() === name)
  return at === -1 ? undefined : raw[at + 1]?.toString('latin1')
}

/** Beyond this, a token that was just issued may seem to be from the future, or at its end. */
export const MAX_OFFSET_MS = 30_000

/**
 * How far a server's clock is ahead of ours, in milliseconds: its `Date` (RFC 9110 section 6.6.1), which is in whole
 * seconds, against the middle of the exchange. `uncertaintyMs` is how far that may be off.
 */
export function clockOffset({
  header,
  sentAt,
  receivedAt,
}: Pick<Exchange, 'header' | 'sentAt' | 'receivedAt'>):
  | { offsetMs: number; uncertaintyMs: number }
  | undefined {
  const date = Date.parse(header('date') ?? '')
  if (Number.isNaN(date)) return undefined
  const halfRound = Math.max(0, receivedAt - sentAt) / 2
  return {
    offsetMs: Math.round(date + 500 - (sentAt + halfRound)),
    uncertaintyMs: Math.round(500 + halfRound),
  }
}
