import type { IncomingHttpHeaders } from 'node:http'
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import type { Keeper } from '../credentials/credential.ts'
import type { Problem } from '../errors.ts'
import { type Manner, sendAuthenticated } from './authenticate.ts'
import { UNSENT } from './failing.ts'
import { type Replayable, ReplayBody } from './replay-body.ts'

type Handler = Dispatcher.DispatchHandler
type Controller = Dispatcher.DispatchController
type Options = Dispatcher.DispatchOptions
type Body = ReturnType<Replayable['open']>

/** Whoever may send to the cluster does it with the one credential, as callers of the proxy do. */
const REPLACED = new Set(['authorization', 'cookie', 'x-csrf-token'])

/** undici's own connections: their errors are what its users know, and headers are read at once. */
const UNDICIS: Manner = { failure: (error) => error, readsHeadersLate: false }

/**
 * Sends a request of undici's with the keeper's credential, as `sendAuthenticated` does, and always tells its handler
 * how it ended. A body that comes as a stream is kept for a second attempt up to `maxReplayBytes`.
 */
export function dispatchAuthenticated(
  dispatch: Dispatcher.Dispatch,
  options: Options,
  handler: Handler,
  { keeper, maxReplayBytes }: { keeper: Keeper; maxReplayBytes: number },
): true {
  const { origin = '', path, method } = options
  const body = replayable(options.body, maxReplayBytes)
  const request = { origin: String(origin), path, method, headers: headersOf(options), body }
  const below = {
    dispatch: ({ headers = [], body = null }: Options, attempt: Handler) =>
      dispatch({ ...options, headers, body }, attempt),
  }
  sendAuthenticated(below, request, keeper, new Outcome(handler, body), undefined, UNDICIS)
  return true
}

/** Tells a request's handler that it was not sent. */
export function refuseDispatch(handler: Handler, problem: Problem): true {
  const outcome = new Outcome(handler, null)
  outcome.onRequestStart(UNSENT, {})
  outcome.onResponseError(UNSENT, problem)
  return true
}

/** A body that can be sent as often as it takes, since all of it is there. */
class WholeBody implements Replayable {
  readonly replayable = true
  readonly complete = true
  readonly #body: Body

  constructor(body: Body) {
    this.#body = body
  }

  open(): Body {
    return this.#body
  }

  forget(): void {}
}

/** A body that comes piece by piece. Its source ends with the exchange, as undici ends the bodies it was given. */
class StreamedBody extends ReplayBody {
  readonly #stream: Readable

  constructor(stream: Readable, maxBytes: number) {
    super(stream, maxBytes)
    this.#stream = stream
  }

  end(): void {
    this.detach()
    this.#stream.destroy()
  }
}

function replayable(body: unknown, maxBytes: number): WholeBody | StreamedBody | null {
  if (body === null || body === undefined) return null
  if (body instanceof Readable) return new StreamedBody(body, maxBytes)
  // What `fetch` hands over, whatever it was given.
  if (isIterable(body)) return new StreamedBody(Readable.from(body, { objectMode: false }), maxBytes)
  return new WholeBody(body as Body)
}

function isIterable(body: unknown): body is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return false
  // A form can be gone through, too; to write it is undici's business.
  if (Symbol.toStringTag in body && body[Symbol.toStringTag] === 'FormData') return false
  return Symbol.asyncIterator in body || Symbol.iterator in body
}

/** As a flat list, without what the credential takes the place of. */
function headersOf({ headers }: Options): string[] {
  return pairsOf(headers).flatMap(([name, value]) => {
    if (value === undefined || value === null || REPLACED.has(name.toLowerCase())) return []
    return (Array.isArray(value) ? value : [value]).flatMap((one) => [name, String(one)])
  })
}

function pairsOf(headers: Options['headers']): [string, unknown][] {
  if (headers === null || headers === undefined) return []
  if (Array.isArray(headers) && !Array.isArray(headers[0]))
    return headers.flatMap((name, i) => (i % 2 === 0 ? [[String(name), headers[i + 1]]] : []))
  return Symbol.iterator in headers ? [...(headers as Iterable<[string, unknown]>)] : Object.entries(headers)
}

/** Passes an exchange on to its handler, and the handler's wish to end it: of that it hears as it would from undici. */
class Outcome implements Handler, Controller {
  readonly #handler: Handler
  readonly #body: WholeBody | StreamedBody | null
  #controller: Controller = UNSENT
  #hasEnded = false

  constructor(handler: Handler, body: WholeBody | StreamedBody | null) {
    this.#handler = handler
    this.#body = body
  }

  get aborted(): boolean {
    return this.#controller.aborted
  }

  get paused(): boolean {
    return this.#controller.paused
  }

  get reason(): Error | null {
    return this.#controller.reason
  }

  get rawHeaders(): Exclude<Controller['rawHeaders'], undefined> {
    return this.#controller.rawHeaders ?? null
  }

  get rawTrailers(): Exclude<Controller['rawTrailers'], undefined> {
    return this.#controller.rawTrailers ?? null
  }

  abort(reason: Error): void {
    this.#controller.abort(reason)
    // Of an exchange that waits for a credential, nobody else would tell.
    queueMicrotask(() => this.onResponseError(this, reason))
  }

  pause(): void {
    this.#controller.pause()
  }

  resume(): void {
    this.#controller.resume()
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#controller = controller
    this.#handler.onRequestStart?.(this, context)
  }

  onResponseStart(_controller: Controller, status: number, headers: IncomingHttpHeaders, message?: string) {
    if (!this.#hasEnded) this.#handler.onResponseStart?.(this, status, headers, message)
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (!this.#hasEnded) this.#handler.onResponseData?.(this, chunk)
  }

  onResponseEnd(_controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#end()) this.#handler.onResponseEnd?.(this, trailers)
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#end()) this.#handler.onResponseError?.(this, error)
  }

  #end(): boolean {
    if (this.#hasEnded) return false
    this.#hasEnded = true
    if (this.#body instanceof StreamedBody) this.#body.end()
    return true
  }
}
