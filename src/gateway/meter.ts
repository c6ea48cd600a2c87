import type { IncomingMessage } from 'node:http'
import type { ExchangeNotices } from '../upstream/authenticate.ts'

/** What became of an `Authorization` that a caller sent: it stays behind, or is that of the caller's own client. */
export type AuthorizationAction = 'dropped' | 'used'

/** Hears of each request that goes on to a cluster. */
export interface Meter extends ExchangeNotices {
  /** It was handed to the connections just now; its head had been read at this instant of `performance.now()`. */
  forwarded(readAt: number, authorization: AuthorizationAction | undefined): void
  /** Nothing more comes of it. */
  ended(): void
}

const READ_AT = Symbol('read at')

interface Stamped extends IncomingMessage {
  [READ_AT]?: number
}

/** Notes that the head of a request has been read. */
export function stamp(request: IncomingMessage): void {
  ;(request as Stamped)[READ_AT] = performance.now()
}

/** When that was. */
export function readAt(request: IncomingMessage): number {
  return (request as Stamped)[READ_AT] ?? performance.now()
}
