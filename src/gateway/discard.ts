import type { IncomingMessage, ServerResponse } from 'node:http'

const MAX_DISCARD_MS = 10_000
/** Beyond, to copy it costs more than to write it apart. */
const MAX_JOINED_BYTES = 16 * 1024

/**
 * Ends an answer with what is left of its body, and reads and drops what the caller still sends. Somebody who sends on
 * for more than 10 s is cut off.
 */
export function endAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  closes: boolean,
  last?: Buffer,
): void {
  if (closes || !response.shouldKeepAlive) closeByHalves(request)
  discardRest(request)
  if (last === undefined || last.length > MAX_JOINED_BYTES) response.end(last)
  else endInOneWrite(response, last)
}

/**
 * Breaks an answer off in a way that cannot pass for its end. Under HTTP/1.0 the end of the connection is one (RFC 1945
 * section 7.2.2): there it is reset, where that can be done.
 */
export function breakOff(request: IncomingMessage, response: ServerResponse): void {
  const { socket } = response
  // What waits in a cork would be lost, and the caller would think that nobody had answered.
  socket?.uncork()
  // The socket of a file system has no address, and knows no reset.
  if (request.httpVersion === '1.0' && socket?.remoteAddress !== undefined) socket.resetAndDestroy()
  else response.destroy()
}

/**
 * As a text, one character for each byte, the body leaves in one piece with the head; and uncorked, that piece leaves by
 * itself, where `end` would add an empty one and write a vector of both.
 */
function endInOneWrite(response: ServerResponse, last: Buffer): void {
  const text = last.toString('latin1')
  if (response.chunkedEncoding || response.socket === null) {
    response.end(text, 'latin1')
    return
  }
  response.write(text, 'latin1')
  response.socket.uncork()
  response.end()
}

/**
 * Closes the connection of a last answer as RFC 9112 section 9.6 has it: this side of it with the answer, the rest when
 * the caller has finished sending. A connection closed over unread bytes is reset, and the answer may be lost with it.
 */
function closeByHalves(request: IncomingMessage): void {
  const { socket } = request
  const destroySoon = socket.destroySoon.bind(socket)
  // Node calls it once the last answer has been written, be there others before it or not.
  socket.destroySoon = () => {
    if (request.complete) return destroySoon()
    socket.end()
    request.once('end', destroySoon)
  }
}

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
