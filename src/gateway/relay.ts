import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Dispatcher } from 'undici'
import { Problem } from '../errors.ts'
import { headersDown, latin1, type WayBack } from '../upstream/headers.ts'
import type { ReplayBody } from '../upstream/replay-body.ts'
import { headersForPage } from './cors.ts'
import { breakOff, endAnswer } from './discard.ts'
import { type Waiting, waitingOn } from './hang-up.ts'
import type { Rules } from './in-force.ts'
import type { Meter } from './meter.ts'
import { writeProblem } from './problem.ts'

type Controller = Dispatcher.DispatchController

/** What a relay needs to know beside its request. */
export interface RelayContext {
  meter?: Meter | undefined
  isDraining(): boolean
  /** Called with an error that nobody expected, before it is answered. */
  onDefect(error: Error): void
}

/**
 * Writes one answer of the cluster to one caller as it arrives, no faster than the caller reads. If either side
 * leaves, the other side's half ends too.
 */
export class Relay implements Dispatcher.DispatchHandler, Waiting {
  readonly #context: RelayContext
  readonly #rules: Pick<Rules, 'accessLog' | 'begun' | 'ended'>
  readonly #back: WayBack
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #body: ReplayBody | null
  readonly #startedAt = performance.now()
  readonly #waiting: Set<Waiting>
  #controller: Controller | undefined
  /** The beginning of the body, which may be all of it: then it leaves in one write with the head. */
  #first: Buffer | undefined
  #headSent = false
  #isFull = false
  #done = false
  #closes = false

  constructor(
    context: RelayContext,
    rules: Pick<Rules, 'accessLog' | 'begun' | 'ended'>,
    back: WayBack,
    request: IncomingMessage,
    response: ServerResponse,
    body: ReplayBody | null,
  ) {
    this.#context = context
    this.#rules = rules
    this.#back = back
    this.#request = request
    this.#response = response
    this.#body = body
    this.#waiting = waitingOn(request.socket).add(this)
    rules.begun()
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
  }

  onResponseStart(
    controller: Controller,
    status: number,
    _headers: IncomingHttpHeaders,
    message?: string,
  ): void {
    const headers = headersDown(latin1(controller.rawHeaders), this.#back)
    const forPage = headersForPage(this.#request)
    if (forPage.length > 0) headers.push(...forPage)
    this.#closes = this.#context.isDraining()
    if (this.#closes) headers.push('connection', 'close')
    this.#response.writeHead(status, reasonPhrase(message), headers)
    process.nextTick(flush, this)
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#headSent && this.#first === undefined) {
      this.#first = chunk
      return
    }
    this.#sendBeginning()
    if (!this.#response.write(chunk)) this.#waitForRoom(controller)
  }

  onResponseEnd(): void {
    this.#rules.accessLog.answered(this.#request, this.#response.statusCode, this.#startedAt)
    this.#settle()
    endAnswer(this.#request, this.#response, this.#closes, this.#first)
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#done) return
    this.#settle()
    const { accessLog } = this.#rules
    const problem = error instanceof Problem ? error : this.#defect(error)
    if (this.#response.headersSent) {
      this.#sendBeginning()
      breakOff(this.#request, this.#response)
      accessLog.answered(this.#request, this.#response.statusCode, this.#startedAt, problem.message)
    } else if (this.#request.socket.destroyed) {
      // Cut off, as at the end of a shutdown; that its connection has closed is yet to be told.
      accessLog.abandoned(this.#request, this.#startedAt)
    } else {
      writeProblem(this.#request, this.#response, problem, { close: this.#context.isDraining() })
      accessLog.refused(this.#request, problem)
    }
  }

  #defect(error: Error): Problem {
    this.#context.onDefect(error)
    return new Problem('internal-error', 'An unexpected error occurred.')
  }

  /** What has come of the answer goes out if the rest did not come with it. */
  flush(): void {
    if (this.#done || this.#sendBeginning() || this.#controller === undefined) return
    this.#waitForRoom(this.#controller)
  }

  onHangUp(): void {
    if (this.#done) return
    this.#settle()
    this.#rules.accessLog.abandoned(this.#request, this.#startedAt)
    this.#controller?.abort(new Error('the caller left'))
  }

  /** Sends the head, and what there is of the body; says whether there is room for more. */
  #sendBeginning(): boolean {
    if (this.#headSent) return true
    this.#headSent = true
    const first = this.#first
    this.#first = undefined
    // Not flushHeaders, which writes header bytes beyond ASCII as UTF-8.
    return first === undefined ? this.#response.write('', 'latin1') : this.#response.write(first)
  }

  #waitForRoom(controller: Controller): void {
    if (this.#isFull) return
    this.#isFull = true
    controller.pause()
    this.#response.once('drain', () => {
      this.#isFull = false
      controller.resume()
    })
  }

  #settle(): void {
    if (!this.#done) {
      this.#context.meter?.ended()
      this.#rules.ended()
    }
    this.#done = true
    this.#waiting.delete(this)
    this.#body?.detach()
  }
}

function flush(relay: Relay): void {
  relay.flush()
}

/** RFC 9112 section 4: optional, and worth nothing; Node refuses to write a head with any other characters in it. */
function reasonPhrase(message: string | undefined): string {
  return message !== undefined && /^[\t\x20-\x7e\x80-\xff]*$/.test(message) ? message : ''
}
