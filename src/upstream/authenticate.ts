import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { Credential, Keeper } from '../credentials/credential.ts'
import { upstreamProblem } from './failures.ts'
import { headerValue, latin1 } from './headers.ts'
import { type LeavableHandler, maySendAgain, type SendOptions } from './lost-request.ts'
import type { Replayable } from './replay-body.ts'

/** A request as the gateway hands it over: headers as a flat list, a body that can be sent twice. */
export interface UpstreamRequest {
  origin: string
  path: string
  method: string
  headers: readonly string[]
  body: Replayable | null
}

/** In what the connections that a request goes over differ. */
export interface Manner {
  /** What the handler is told of an error of theirs; `sent` tells whether the request had begun to be written. */
  failure(error: Error, origin: string, sent: boolean): Error
  /** They read the headers of a request that had to wait for its turn only when that has come. */
  readsHeadersLate: boolean
}

/** Our own connections. */
const OURS: Manner = { failure: upstreamProblem, readsHeadersLate: true }

/** Hears of what a request goes through beside being sent. */
export interface ExchangeNotices {
  /** It waited for a credential, so many milliseconds, whether or not one came. */
  waited(ms: number): void
  /** It is sent once more, since its credential was refused or its connection was lost. */
  retried(reason: 'unauthorized' | 'connection-lost'): void
}

type Handler = Dispatcher.DispatchHandler
type Controller = Dispatcher.DispatchController

/** More than this of a refused answer is not read for the sake of keeping its connection. */
const MAX_DISCARDED_BYTES = 64 * 1024

/**
 * Sends a request with the keeper's credential, and once more with a newer one if the cluster answers 401 and the
 * body is still at hand; once more, too, if it was lost with a connection that had served others and nothing can have
 * been changed by it. The handler sees one exchange, whatever happened, and every failure but a defect as a Problem; its
 * controller is valid at once, so that a caller who leaves while a credential is awaited is not waited for.
 */
export function sendAuthenticated(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: UpstreamRequest,
  keeper: Keeper,
  handler: Handler,
  notices?: ExchangeNotices,
  manner = OURS,
): void {
  new Exchange(dispatcher, request, keeper, handler, notices, manner).begin()
}

/** What the handler holds on to while attempts come and go beneath it. */
class Exchange implements Controller {
  readonly #dispatcher: Pick<Dispatcher, 'dispatch'>
  readonly #request: UpstreamRequest
  readonly #keeper: Keeper
  readonly #handler: Handler
  readonly #manner: Manner
  readonly #notices: ExchangeNotices | undefined
  #attempt: Attempt | undefined
  /** The one before it. The rest of its answer may come until this exchange gets on: then it is not waited for. */
  #refused: Attempt | undefined
  /** Made only where something is waited for. */
  #waiting: AbortController | undefined
  #paused = false
  /** It is being sent once more since it was lost: not a third time. */
  #isResent = false
  reason: Error | null = null
  rawHeaders: Exclude<Controller['rawHeaders'], undefined> = null
  rawTrailers: Exclude<Controller['rawTrailers'], undefined> = null

  constructor(
    dispatcher: Pick<Dispatcher, 'dispatch'>,
    request: UpstreamRequest,
    keeper: Keeper,
    handler: Handler,
    notices: ExchangeNotices | undefined,
    manner: Manner,
  ) {
    this.#dispatcher = dispatcher
    this.#request = request
    this.#keeper = keeper
    this.#handler = handler
    this.#manner = manner
    this.#notices = notices
  }

  begin(): void {
    try {
      this.#handler.onRequestStart?.(this, {})
      this.#sendWithCurrent(true)
    } catch (error) {
      this.giveUp(error)
    }
  }

  get aborted(): boolean {
    return this.reason !== null
  }

  get paused(): boolean {
    return this.#paused
  }

  abort(reason: Error): void {
    if (this.aborted) return
    this.reason = reason
    this.#refused?.discard(false)
    this.#waiting?.abort(reason)
    this.#attempt?.abort(reason)
  }

  pause(): void {
    this.#paused = true
    this.#attempt?.controller?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#attempt?.controller?.resume()
  }

  /** Passes the head of an answer on. What the handler throws comes back to it: else it would seem the cluster's error. */
  answer(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    message: string | undefined,
  ): void {
    this.#request.body?.forget()
    this.#refused?.discard(false)
    this.rawHeaders = controller.rawHeaders ?? null
    try {
      this.#handler.onResponseStart?.(this, status, headers, message)
    } catch (error) {
      this.giveUp(error)
    }
  }

  data(chunk: Buffer): void {
    try {
      this.#handler.onResponseData?.(this, chunk)
    } catch (error) {
      this.giveUp(error)
    }
  }

  end(trailers: IncomingHttpHeaders): void {
    try {
      this.#handler.onResponseEnd?.(this, trailers)
    } catch (error) {
      this.giveUp(error)
    }
  }

  /** Passes a failure on, as a Problem where the connections are ours. */
  fail(error: Error): void {
    this.#refused?.discard(false)
    const sent = this.#attempt?.controller !== undefined
    this.#handler.onResponseError?.(this, this.#manner.failure(error, this.#request.origin, sent))
  }

  /** Ends the exchange with an error as it is: a Problem, or a defect of ours that nobody else would answer for. */
  giveUp(error: unknown): void {
    this.#refused?.discard(false)
    this.#attempt?.discard(false)
    this.#handler.onResponseError?.(this, asError(error))
  }

  accepted(credential: Credential): void {
    this.#keeper.accept(credential)
  }

  /** A 401 that stands, whatever the keeper makes of it. */
  refused(credential: Credential): void {
    void this.#keeper.reject(credential)
  }

  get replayable(): boolean {
    return this.#request.body?.replayable !== false
  }

  /** After a 401: sends the request again if a newer credential comes and the body is still at hand. Says whether it did. */
  async sendAgain(refused: Credential): Promise<boolean> {
    const newer = await this.#whileWaiting((signal) => this.#keeper.reject(refused, signal))
    if (newer === undefined || this.aborted || !this.replayable) return false
    this.#refused = this.#attempt
    this.#refused?.discard(this.#request.body?.complete !== false)
    this.#notices?.retried('unauthorized')
    this.#send(newer, false)
    return true
  }

  /** After a loss (RFC 9112 section 9.5): sends the request once more if that is safe and still possible. Says whether it did. */
  resend(error: Error, first: boolean): boolean {
    const { method } = this.#request
    if (this.#isResent || this.aborted || !this.replayable || !maySendAgain(error, method)) return false
    this.#isResent = true
    this.#notices?.retried('connection-lost')
    try {
      this.#sendWithCurrent(first)
    } catch (thrown) {
      this.giveUp(thrown)
    }
    return true
  }

  /** What a request is to be sent with that has waited for its connection: undefined if it is sent anew, and not now. */
  renewed(stale: Credential, first: boolean): Credential | undefined {
    const credential = this.#keeper.usable()
    // Of what was kept for another attempt, so much may be gone that only this one can be sent.
    if (credential === undefined && !this.replayable) return stale
    if (credential === undefined) void this.#sendWhenObtained(first)
    return credential
  }

  headersWith(credential: Credential): string[] {
    const { headers, method } = this.#request
    return headers.concat(credential.session?.headersFor(method) ?? credential.headers)
  }

  #sendWithCurrent(first: boolean): void {
    const credential = this.#keeper.current()
    if (credential === undefined) void this.#sendWhenObtained(first)
    else this.#send(credential, first)
  }

  async #sendWhenObtained(first: boolean): Promise<void> {
    const startedAt = performance.now()
    const noteWait = () => this.#notices?.waited(performance.now() - startedAt)
    try {
      const obtaining = this.#whileWaiting((signal) => this.#keeper.obtain(signal))
      const credential = await obtaining.finally(noteWait)
      if (!this.aborted) this.#send(credential, first)
    } catch (error) {
      if (!this.aborted) this.giveUp(error)
    }
  }

  async #whileWaiting<T>(wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    this.#waiting = new AbortController()
    try {
      return await wait(this.#waiting.signal)
    } finally {
      this.#waiting = undefined
    }
  }

  #send(credential: Credential, first: boolean): void {
    const { origin, path, method, body } = this.#request
    const attempt = new Attempt(this, credential, first)
    this.#attempt = attempt
    const options: SendOptions = {
      origin,
      path,
      method: method as Dispatcher.HttpMethod,
      headers: this.headersWith(credential),
      body: body === null ? null : body.open(),
      fresh: this.#isResent,
    }
    this.#dispatcher.dispatch(options, attempt)
    if (this.#manner.readsHeadersLate && attempt.controller === undefined) attempt.delayed = options
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** One sending of the request. Once discarded, it drains what is left of its answer and tells nobody. */
class Attempt implements LeavableHandler {
  readonly #exchange: Exchange
  #credential: Credential
  readonly #first: boolean
  #held = false
  /** What came of a held answer after its head: undici does not pause for HEAD, and little is worth pausing for. */
  #heldBody: Buffer[] = []
  #heldBytes = 0
  #heldEnd: IncomingHttpHeaders | undefined
  #failure: Error | undefined
  #discarded = false
  #discardedBytes = 0
  #abortReason: Error | undefined
  controller: Controller | undefined
  /** What it is sent with, if it has to wait for a connection. */
  delayed: SendOptions | undefined

  constructor(exchange: Exchange, credential: Credential, first: boolean) {
    this.#exchange = exchange
    this.#credential = credential
    this.#first = first
  }

  get isAbandoned(): boolean {
    return this.#abortReason !== undefined
  }

  abort(reason: Error): void {
    this.#abortReason = reason
    this.controller?.abort(reason)
  }

  /** Gives this answer up in favour of another attempt's; its connection is kept only if the body went out whole. */
  discard(bodySent: boolean): void {
    this.#discarded = true
    this.#held = false
    this.#heldBody = []
    if (bodySent) this.controller?.resume()
    else this.abort(new Error('another attempt took its place'))
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller
    if (this.#abortReason !== undefined) controller.abort(this.#abortReason)
    else if (this.delayed !== undefined) this.#catchUp(this.delayed)
  }

  /** While it waited, its credential may have expired, or another may have taken its place. */
  #catchUp(options: SendOptions): void {
    this.delayed = undefined
    const credential = this.#exchange.renewed(this.#credential, this.#first)
    if (credential === undefined) {
      this.discard(false)
      return
    }
    this.#credential = credential
    options.headers = this.#exchange.headersWith(credential)
  }

  onResponseStart(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    message?: string,
  ): void {
    if (status < 200) return
    const isRefused = this.#isRefused(status, controller)
    if (isRefused && this.#first && this.#exchange.replayable) {
      this.#hold(controller, status, headers, message)
      return
    }
    if (isRefused) this.#exchange.refused(this.#credential)
    else if (status < 500) this.#exchange.accepted(this.#credential)
    this.#exchange.answer(controller, status, headers, message)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#held) {
      this.#heldBody.push(chunk)
      this.#heldBytes += chunk.length
      if (this.#heldBytes > MAX_DISCARDED_BYTES) controller.pause()
      return
    }
    if (!this.#discarded) {
      this.#exchange.data(chunk)
      return
    }
    this.#discardedBytes += chunk.length
    if (this.#discardedBytes > MAX_DISCARDED_BYTES) controller.abort(new Error('the refused answer is long'))
  }

  onResponseEnd(_controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#held) this.#heldEnd = trailers
    else if (!this.#discarded) this.#exchange.end(trailers)
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.#failure = error
    if (this.#discarded || this.#held) return
    if (!this.#exchange.resend(error, this.#first)) this.#exchange.fail(error)
  }

  /** Whether the cluster refused the credential; a login hears of every answer. */
  #isRefused(status: number, controller: Controller): boolean {
    const { session } = this.#credential
    if (session === undefined) return status === 401
    const headers = latin1(controller.rawHeaders)
    session.observe(headers)
    return session.isOver(status, headerValue('location', headers))
  }

  /** Keeps the 401 back until it is known whether a newer credential makes it moot. */
  #hold(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    message: string | undefined,
  ): void {
    this.#held = true
    const release = (sent: boolean) => {
      this.#held = false
      if (sent || this.#exchange.aborted) return
      this.#exchange.answer(controller, status, headers, message)
      for (const chunk of this.#heldBody) this.onResponseData(controller, chunk)
      const failure = this.#failure
      if (this.#heldEnd !== undefined) this.onResponseEnd(controller, this.#heldEnd)
      // Not at once: the head has to be on its way before the connection is broken off.
      else if (failure !== undefined) setImmediate(() => this.onResponseError(controller, failure))
      else if (!this.#exchange.paused) controller.resume()
    }
    this.#exchange
      .sendAgain(this.#credential)
      .then(release)
      .catch((error: unknown) => this.#exchange.giveUp(error))
  }
}
