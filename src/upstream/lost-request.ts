import type { Dispatcher } from 'undici'

/** What a request is sent with. Its headers are read once `onRequestStart` has been called, which may exchange them. */
export interface SendOptions extends Dispatcher.DispatchOptions {
  /** Over a connection that has carried nothing yet. */
  fresh?: boolean
}

/** Who hears of a request. */
export interface LeavableHandler extends Dispatcher.DispatchHandler {
  /** Nobody wants its answer any more. */
  readonly isAbandoned?: boolean
}

/** Methods that ask for no change (RFC 9110 section 9.2.1). TRACE, which is never forwarded, would be another. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * A request whose connection, which had served others, was closed before any part of an answer came, or that the server
 * says it did not take: as a rule the two sides only missed each other. Code and message are those of what happened.
 */
export class LostRequest extends Error {
  override readonly name = 'LostRequest'
  readonly code: string
  /** Whether the server may have carried it out. */
  readonly maybeTaken: boolean

  constructor(error: Error, maybeTaken: boolean) {
    super(error.message)
    this.code = 'code' in error && error.code !== undefined ? String(error.code) : error.name
    this.maybeTaken = maybeTaken
  }
}

export function isSafe(method: string): boolean {
  return SAFE.has(method)
}

/** Whether a request that failed may be sent once more (RFC 9110 section 9.2.2, RFC 9113 section 8.7). */
export function maySendAgain(error: Error, method: string): boolean {
  return error instanceof LostRequest && (!error.maybeTaken || isSafe(method))
}
