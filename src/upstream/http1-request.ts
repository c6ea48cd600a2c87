import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { headerValue, TOKEN } from './headers.ts'

/** A body, and its length in bytes; undefined if nobody knows it before its end. */
export interface RequestBody {
  stream: Readable
  length: number | undefined
}

/** In origin form (RFC 9112 section 3.2.1): any other would name a host of its own. */
const TARGET = /^\/[\x21-\x7e\x80-\xff]*$/
/** Controls but HTAB, and what is no byte: on the wire it would be cut down to another character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000a-\u001f\u007f\u0100-\uffff]/
/** What is said here, of the connection and of where the body ends. */
const OURS = new Set(['connection', 'host', 'transfer-encoding', 'upgrade'])
/** Methods whose requests have a body unless they say that it is empty (RFC 9110 section 8.6). */
const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

/**
 * The head of a request as it goes out, one character for each byte. Where its body ends is said here alone: a length
 * among the headers is left out.
 * @throws {UnsendableError} if a part of it would read as something else on the wire
 */
export function requestHead(
  { method, path, headers }: { method: string; path: string; headers: readonly string[] },
  host: string,
  body: RequestBody | undefined,
): string {
  if (!TOKEN.test(method) || !TARGET.test(path)) throw new UnsendableError('The request line cannot be sent.')
  let fields = ''
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] as string // within the bounds, by the loop's condition
    const lower = name.toLowerCase()
    if (lower === 'content-length') continue
    const value = headers[i + 1] as string
    if (!TOKEN.test(name) || OURS.has(lower) || !isSafe(value))
      throw new UnsendableError('A header cannot be sent.')
    fields += `\r\n${name}: ${value}`
  }
  return `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive${fields}${framing(method, body)}\r\n\r\n`
}

function framing(method: string, body: RequestBody | undefined): string {
  if (body === undefined) return WITH_BODY.has(method) ? '\r\ncontent-length: 0' : ''
  return body.length === undefined ? '\r\ntransfer-encoding: chunked' : `\r\ncontent-length: ${body.length}`
}

/**
 * The body of a request, undefined if it has none.
 * @throws {Error} if it is over before it began: the one that ended it, where there is one
 * @throws {UnsendableError} if it cannot be sent, or not with the length that stands among the headers
 */
export function requestBody(stream: unknown, headers: readonly string[]): RequestBody | undefined {
  if (stream === null || stream === undefined) return undefined
  if (!(stream instanceof Readable) || stream.readableObjectMode || stream.readableEncoding !== null)
    throw new UnsendableError('A body of this kind cannot be sent: it is no stream of bytes.')
  if (stream.destroyed) throw stream.errored ?? new BodyError('shorter')
  const said = headerValue('content-length', headers)
  const length = said === undefined ? undefined : Number(said)
  if (said !== undefined && !(/^\d+$/.test(said) && Number.isSafeInteger(length)))
    throw new UnsendableError('The length of the body cannot be sent.')
  return { stream, length }
}

/** Of the values that passed, the last long one: as a rule the token, which need not be looked at for each request. */
let passed = ''
const LONG = 256

function isSafe(value: string): boolean {
  if (value.length > LONG && value === passed) return true
  if (FORBIDDEN.test(value)) return false
  if (value.length > LONG) passed = value
  return true
}

/**
 * Writes a body to a connection whose head has gone out, no faster than it takes it. `done` is called once: without an
 * error when all of it is written, with one if it broke off or is not as long as it was said to be. Returns what ends
 * the writing without a word. The stream is over afterwards.
 */
export function writeBody(
  { stream, length }: RequestBody,
  socket: Socket,
  done: (error: Error | undefined) => void,
): () => void {
  let left = length ?? Number.POSITIVE_INFINITY
  const stop = () => {
    stream.off('data', onData).off('end', onEnd).off('error', onError).off('close', onClose)
    socket.off('drain', onDrain)
    stream.destroy()
  }
  const end = (error?: Error) => {
    stop()
    done(error)
  }
  const onDrain = () => stream.resume()
  const onData = (chunk: Buffer) => {
    left -= chunk.length
    if (left < 0) return end(new BodyError('longer'))
    // Of no bytes would be the last one.
    if (chunk.length > 0 && !write(socket, chunk, length === undefined)) stream.pause()
  }
  const onEnd = () => {
    if (length !== undefined && left > 0) return end(new BodyError('shorter'))
    if (length === undefined) socket.write('0\r\n\r\n', 'latin1')
    end()
  }
  const onError = (error: Error) => end(error)
  const onClose = () => end(new BodyError('shorter'))
  socket.on('drain', onDrain)
  stream.on('end', onEnd).on('error', onError).on('close', onClose).on('data', onData)
  // Whoever had it wait.
  stream.resume()
  return stop
}

function write(socket: Socket, chunk: Buffer, isChunked: boolean): boolean {
  if (!isChunked) return socket.write(chunk)
  socket.cork()
  socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
  socket.write(chunk)
  const hasRoom = socket.write('\r\n', 'latin1')
  socket.uncork()
  return hasRoom
}

/** A request of which nothing goes out, since it would read as something else on the wire. */
class UnsendableError extends TypeError {
  readonly code = 'REQUEST_CANNOT_BE_SENT'
}

/** A request body that is not what its head said. */
class BodyError extends Error {
  override readonly name = 'BodyError'
  readonly code = 'REQUEST_BODY_BROKE_OFF'

  constructor(than: 'longer' | 'shorter') {
    super(`The body of the request is ${than} than its head says.`)
  }
}
