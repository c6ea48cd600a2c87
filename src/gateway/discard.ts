import type { IncomingMessage, ServerResponse } from 'node:http'

const MAX_DISCARD_MS = 10_000

/**
 * Reads and drops what a caller still sends after its answer: a connection closed over unread bytes is reset, and
 * the answer may be lost with it. Somebody who sends on for more than 10 s is cut off.
 */
function discardRest(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return
  request.resume()
  // All of it has come and only has to flow off.
  if (request.complete) return
  const timer = setTimeout(() => request.socket.destroy(), MAX_DISCARD_MS)
  timer.unref()
  request.once('close', () => clearTimeout(timer))
  request.once('end', () => clearTimeout(timer))
}

/** Ends an answer that is written; one whose connection closes with it only after the caller has finished sending, lest the answer be lost. */
export function endWhenHeard(request: IncomingMessage, response: ServerResponse, closes: boolean): void {
  discardRest(request)
  if (request.complete || !(closes || !response.shouldKeepAlive)) response.end()
  else request.once('close', () => response.end()).once('end', () => response.end())
}
