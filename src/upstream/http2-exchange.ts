import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { tellFailure } from './failing.ts'
import { MAX_INTERIM_ANSWERS } from './http1-answer.ts'
import { LostRequest } from './lost-request.ts'

/** What an exchange needs to know of its connection. */
export interface Carrier {
  readonly session: ClientHttp2Session
  /** It has carried an exchange to its end. */
  readonly isReused: boolean
  /** The last stream that the server has taken, once it has asked to move on (RFC 9113 section 6.8). */
  readonly lastTaken: number
}

type Options = Dispatcher.DispatchOptions
type Handler = Dispatcher.DispatchHandler

/** One exchange on a connection of HTTP/2 (RFC 9113), told to the handler as undici tells of HTTP/1.1. `onOver` is called once. */
export function sendOverHttp2(
  carrier: Carrier,
  options: Options,
  handler: Handler,
  onOver: () => void,
): void {
  new Http2Exchange(carrier, handler, onOver).begin(options)
}

/** A stream that ended before its answer was whole. */
class StreamReset extends Error {
  readonly code: string

  constructor(rstCode: number) {
    super(`the stream was closed with error code ${rstCode} (RFC 9113 section 7)`)
    this.code = `HTTP2_RESET_${rstCode}`
  }
}

class Http2Exchange implements Dispatcher.DispatchController {
  readonly #carrier: Carrier
  readonly #isReused: boolean
  readonly #handler: Handler
  readonly #onOver: () => void
  #stream: ClientHttp2Stream | undefined
  #trailers: Record<string, string> = {}
  #isAnswered = false
  #isSettled = false
  #isPaused = false
  reason: Error | null = null
  rawHeaders: string[] | null = null
  rawTrailers: string[] | null = null

  constructor(carrier: Carrier, handler: Handler, onOver: () => void) {
    this.#carrier = carrier
    this.#isReused = carrier.isReused
    this.#handler = handler
    this.#onOver = onOver
  }

  get aborted(): boolean {
    return this.reason !== null
  }

  get paused(): boolean {
    return this.#isPaused
  }

  pause(): void {
    this.#isPaused = true
    this.#stream?.pause()
  }

  resume(): void {
    this.#isPaused = false
    this.#stream?.resume()
  }

  abort(reason: Error): void {
    if (this.#isSettled) return
    this.reason = reason
    this.#stream?.close(constants.NGHTTP2_CANCEL)
    this.#fail(reason)
  }

  begin(options: Options): void {
    this.#tell(() => this.#handler.onRequestStart?.(this, {}))
    if (this.aborted) {
      this.#onOver()
      return
    }
    const { session } = this.#carrier
    const body = options.body instanceof Readable ? options.body : undefined
    try {
      const stream = session.request(headersOf(options), { endStream: body === undefined })
      this.#stream = stream
      this.#listen(stream)
      if (body !== undefined) this.#upload(body, stream)
    } catch (error) {
      // Node does not send a header that may stand only once twice; or the connection is about to end.
      this.#onOver()
      this.#fail(hasEnded(session) ? new LostRequest(error as Error, false) : (error as Error))
    }
  }

  #listen(stream: ClientHttp2Stream): void {
    let interimAnswers = 0
    stream.on('headers', () => {
      this.#isAnswered = true
      if (++interimAnswers > MAX_INTERIM_ANSWERS) stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
    })
    stream.once('response', (headers, _flags, ...more: unknown[]) => {
      this.#isAnswered = true
      const { ':status': status = 0, ...rest } = headers
      // Node takes any three digits for a status.
      if (Number(status) < 200) return stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      this.rawHeaders = rawHeaders(more[0], rest)
      this.#tell(() => this.#handler.onResponseStart?.(this, Number(status), rest, ''))
      stream.on('data', (chunk: Buffer) => this.#tell(() => this.#handler.onResponseData?.(this, chunk)))
    })
    stream.once('trailers', (trailers) => {
      this.#trailers = trailers as Record<string, string>
    })
    stream.once('end', () => {
      if (stream.rstCode === constants.NGHTTP2_NO_ERROR && this.rawHeaders !== null) this.#complete()
      else this.#lose(stream, new StreamReset(stream.rstCode))
    })
    stream.once('error', (error) => this.#lose(stream, error))
    stream.once('close', () => {
      this.#onOver()
      this.#lose(stream, new StreamReset(stream.rstCode))
    })
  }

  /** The server has ended the stream, or the connection with it. */
  #lose({ id, rstCode }: ClientHttp2Stream, error: Error): void {
    const { session, lastTaken } = this.#carrier
    const wasRefused = rstCode === constants.NGHTTP2_REFUSED_STREAM
    const said = wasRefused ? new StreamReset(rstCode) : error
    // RFC 9113 section 8.7.
    const isUntaken = wasRefused || id === undefined || id > lastTaken
    if (this.#isAnswered) this.#fail(said)
    else if (isUntaken) this.#fail(new LostRequest(said, false))
    else this.#fail(this.#isReused && hasEnded(session) ? new LostRequest(said, true) : said)
  }

  /** The body ends with the exchange, and the exchange with a body that breaks off. */
  #upload(body: Readable, stream: ClientHttp2Stream): void {
    body.pipe(stream)
    body.once('error', (error) => this.abort(error))
    body.once('close', () => {
      if (!body.readableEnded) stream.close(constants.NGHTTP2_CANCEL)
    })
    stream.once('close', () => body.destroy())
  }

  #complete(): void {
    if (this.#isSettled) return
    this.#tell(() => {
      this.#isSettled = true
      this.#handler.onResponseEnd?.(this, this.#trailers)
    })
  }

  #fail(error: Error): void {
    if (this.#isSettled) return
    this.#isSettled = true
    tellFailure(this.#handler, this, error)
  }

  /** What a handler throws ends its exchange, and nothing else. */
  #tell(say: () => void): void {
    if (this.#isSettled) return
    try {
      say()
    } catch (error) {
      this.abort(error as Error)
    }
  }
}

function hasEnded(session: ClientHttp2Session): boolean {
  return session.closed || session.destroyed
}

/** Names in lower case (RFC 9113 section 8.2.1); what was repeated stays so. */
function headersOf({ origin, path, method, headers }: Options): Record<string, string | string[]> {
  const list = (headers ?? []) as readonly string[]
  const fields = new Map<string, string[]>()
  for (let i = 0; i + 1 < list.length; i += 2) {
    const name = (list[i] as string).toLowerCase() // within the bounds, by the loop's condition
    fields.set(name, [...(fields.get(name) ?? []), list[i + 1] as string])
  }
  const { host, protocol } = new URL(String(origin))
  return {
    ':method': method,
    ':scheme': protocol.slice(0, -1),
    ':authority': host,
    ':path': path,
    ...Object.fromEntries([...fields].map(([name, values]) => [name, single(values)])),
  }
}

function single(values: string[]): string | string[] {
  return values.length === 1 ? (values[0] as string) : values // there is one
}

/** As they came, if this Node tells. */
function rawHeaders(raw: unknown, headers: object): string[] {
  const flat = Array.isArray(raw)
    ? (raw as string[])
    : Object.entries(headers).flatMap(([name, value]) =>
        [value].flat().flatMap((one: unknown) => [name, String(one)]),
      )
  return flat.flatMap((name, i) => (i % 2 === 0 && !name.startsWith(':') ? [name, flat[i + 1] ?? ''] : []))
}
