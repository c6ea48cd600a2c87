import type { Socket } from 'node:net'
import type { Dispatcher } from 'undici'
import { tellFailure } from './failing.ts'
import { AnswerError, type AnswerHead, AnswerReader, type AnswerSink } from './http1-answer.ts'
import { type RequestBody, requestBody, requestHead, writeBody } from './http1-request.ts'
import { isSafe, LostRequest } from './lost-request.ts'

type Options = Dispatcher.DispatchOptions
type Handler = Dispatcher.DispatchHandler

/** Who keeps a connection between exchanges. */
export interface Keeper {
  /** It is free, and may be for so long, in milliseconds; undefined if the server did not say. */
  onFree(connection: Http1Connection, keepAliveMs: number | undefined): void
  onClosed(connection: Http1Connection): void
}

/** A connection of HTTP/1.1 (RFC 9112), which carries one exchange at a time. */
export class Http1Connection implements AnswerSink {
  readonly #socket: Socket
  readonly #host: string
  readonly #keeper: Keeper
  readonly #reader = new AnswerReader(this)
  #exchange: Http1Exchange | undefined
  #head: AnswerHead | undefined
  /** Ends the writing of a body that has not gone out whole. */
  #stopBody: (() => void) | undefined
  /** It has carried an exchange to its end. */
  #isReused = false
  /** Something has come since the last request. */
  #isAnswered = false
  /** Until when the server keeps it, on `performance.now()`. Set by whoever keeps it, as are the others. */
  freeUntil = 0
  /** The same on the wall clock: the first one stands still while the machine sleeps. */
  freeUntilByWall = 0
  /** When it is too old to carry another exchange, on `performance.now()`. */
  oldAt = Number.POSITIVE_INFINITY

  constructor(socket: Socket, host: string, keeper: Keeper) {
    this.#socket = socket
    this.#host = host
    this.#keeper = keeper
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    socket.on('end', () => this.#onEnd())
    socket.on('error', (error: Error) => this.#lose(error))
    socket.on('close', () => {
      this.#lose(cutOff())
      keeper.onClosed(this)
    })
  }

  /** It carries nothing, and nothing has come that nobody asked for: that would be taken for the next answer. */
  get isUsable(): boolean {
    return this.#exchange === undefined && !this.#socket.destroyed && this.#socket.readableLength === 0
  }

  /** Sends a request. Only while it is usable; it still is afterwards if the request came to nothing. */
  send(options: Options, handler: Handler): void {
    const exchange = new Http1Exchange(handler, this.#socket, this)
    if (!exchange.start()) return
    this.#exchange = exchange
    this.#head = undefined
    this.#isAnswered = false
    try {
      this.#write(options)
    } catch (error) {
      // Nothing has gone out.
      this.#exchange = undefined
      exchange.fail(error as Error)
    }
  }

  /** Ends an exchange, and itself with it if it carries it. */
  abort(exchange: Http1Exchange, reason: Error): void {
    if (this.#exchange === exchange) this.#fail(reason)
    else exchange.fail(reason)
  }

  /** Ends it at once, and what it carries with this error. */
  destroy(error: Error = cutOff()): void {
    this.#fail(error)
    this.#socket.destroy()
  }

  onHead(head: AnswerHead): void {
    this.#head = head
    this.#exchange?.head(head)
  }

  onBody(chunk: Buffer): void {
    this.#exchange?.data(chunk)
  }

  onEnd(clean: boolean): void {
    const exchange = this.#exchange
    if (exchange === undefined) return
    const { persists = false, keepAliveS } = this.#head ?? {}
    this.#exchange = undefined
    this.#isReused = true
    // A server that answered before it had the whole request may take the rest for the next one.
    const isSent = this.#stopBody === undefined && this.#socket.writableLength === 0
    this.#stopBody?.()
    this.#stopBody = undefined
    exchange.end()
    if (!persists || !clean || !isSent || !this.isUsable) this.#socket.destroy()
    else this.#keeper.onFree(this, keepAliveS === undefined ? undefined : keepAliveS * 1_000)
  }

  #write(options: Options): void {
    const { method, path } = options
    const headers = (options.headers ?? []) as readonly string[]
    const body = requestBody(options.body, headers)
    const head = requestHead({ method, path, headers }, this.#host, body)
    this.#reader.expect(method)
    if (body === undefined && isSafe(method)) this.#socket.write(head, 'latin1')
    else this.#writeLater(head, body)
  }

  /**
   * The head leaves with the beginning of the body if that is there already; and only after what has arrived by now is
   * read: if that is the end of this connection, nothing has been sent.
   */
  #writeLater(head: string, body: RequestBody | undefined): void {
    const socket = this.#socket
    socket.cork()
    socket.write(head, 'latin1')
    setImmediate(uncork, socket)
    if (body === undefined) return
    this.#stopBody = writeBody(body, socket, (error) => {
      this.#stopBody = undefined
      if (error !== undefined) this.#fail(error)
    })
  }

  #read(chunk: Buffer): void {
    this.#isAnswered = true
    try {
      this.#reader.read(chunk)
    } catch (error) {
      this.destroy(error as Error)
    }
  }

  #onEnd(): void {
    try {
      if (wasReset(this.#socket)) throw cutOff()
      this.#reader.close()
    } catch (error) {
      this.#lose(error as Error)
    }
    this.#socket.destroy()
  }

  /** The other side has ended it, or the network. */
  #lose(error: Error): void {
    if (this.#exchange === undefined) return
    const isLost = this.#isReused && !this.#isAnswered
    // What is corked has not been handed to the network.
    this.#fail(isLost ? new LostRequest(error, this.#socket.writableCorked === 0) : error)
  }

  #fail(error: Error): void {
    const exchange = this.#exchange
    this.#exchange = undefined
    this.#stopBody?.()
    this.#stopBody = undefined
    if (exchange === undefined) return
    this.#socket.destroy()
    exchange.fail(error)
  }
}

function cutOff(): AnswerError {
  return new AnswerError('ANSWER_CUT_OFF', 'The connection was closed.')
}

/** Node tells of a reset behind data that came with it as of an end. Only then has nobody an address at the other side. */
function wasReset(socket: Socket): boolean {
  return !('encrypted' in socket) && socket.remoteAddress === undefined
}

function uncork(socket: Socket): void {
  socket.uncork()
}

/** What a handler holds on to. Once it is over, it does nothing to whatever its connection carries next. */
class Http1Exchange implements Dispatcher.DispatchController {
  readonly #handler: Handler
  readonly #socket: Socket
  readonly #connection: Http1Connection
  #isOver = false
  #isPaused = false
  reason: Error | null = null
  rawHeaders: string[] | null = null
  rawTrailers: string[] | null = null

  constructor(handler: Handler, socket: Socket, connection: Http1Connection) {
    this.#handler = handler
    this.#socket = socket
    this.#connection = connection
  }

  /** Says whether it is to be sent. */
  start(): boolean {
    try {
      this.#handler.onRequestStart?.(this, {})
    } catch (error) {
      this.fail(error as Error)
    }
    return !this.#isOver
  }

  get aborted(): boolean {
    return this.reason !== null
  }

  get paused(): boolean {
    return this.#isPaused
  }

  pause(): void {
    if (this.#isOver) return
    this.#isPaused = true
    this.#socket.pause()
  }

  resume(): void {
    if (this.#isOver || !this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  abort(reason: Error): void {
    if (this.#isOver || this.aborted) return
    this.reason = reason
    this.#connection.abort(this, reason)
  }

  head({ status, headers, reason }: AnswerHead): void {
    this.rawHeaders = headers
    this.#handler.onResponseStart?.(this, status, {}, reason)
  }

  data(chunk: Buffer): void {
    this.#handler.onResponseData?.(this, chunk)
  }

  end(): void {
    this.#settle()
    try {
      this.#handler.onResponseEnd?.(this, {})
    } catch (error) {
      tellFailure(this.#handler, this, error as Error)
    }
  }

  fail(error: Error): void {
    if (this.#isOver) return
    this.#settle()
    tellFailure(this.#handler, this, error)
  }

  #settle(): void {
    this.#isOver = true
    // Or nobody would hear that the connection ends.
    if (this.#isPaused) this.#socket.resume()
  }
}
