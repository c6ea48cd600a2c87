import { type buildConnector, type Dispatcher, errors } from 'undici'
import { fail, tellFailure, UNSENT } from './failing.ts'
import { Http1Pool } from './http1-pool.ts'
import { OwnDispatcher } from './own-dispatcher.ts'

type Options = Dispatcher.DispatchOptions
type Handler = Dispatcher.DispatchHandler

/**
 * HTTP/1.1 for handlers of ours, which read raw headers; undici's own requests go to `others`. No timeout, no pipelining,
 * nothing sent twice of its own accord.
 *
 * undici's client makes a small request dearer by a sixth: it parses in WebAssembly, call by call, and tells its
 * handlers through a wrapper (docs/performance.md).
 */
export class Http1Dispatcher extends OwnDispatcher {
  readonly #connector: buildConnector.connector
  readonly #makeOthers: () => Dispatcher
  readonly #pools = new Map<string, Http1Pool>()
  #others: Dispatcher | undefined
  #ended: Error | undefined

  constructor(connector: buildConnector.connector, others: () => Dispatcher) {
    super()
    this.#connector = connector
    this.#makeOthers = others
  }

  override dispatch(options: Options, handler: Handler): boolean {
    if (handler.onRequestStart === undefined) return this.#dispatchOther(options, handler)
    if (this.#ended === undefined) this.#pool(String(options.origin)).dispatch(options, handler)
    else tellFailure(handler, UNSENT, this.#ended)
    return true
  }

  protected override async end(how: 'close' | 'destroy', given: Error | null): Promise<void> {
    const error =
      given ?? (how === 'close' ? new errors.ClientClosedError() : new errors.ClientDestroyedError())
    this.#ended ??= error
    const pools = [...this.#pools.values()].map((pool) =>
      how === 'close' ? pool.close() : pool.destroy(error),
    )
    const others = how === 'close' ? this.#others?.close() : this.#others?.destroy(given)
    await Promise.all([others, ...pools])
  }

  #dispatchOther(options: Options, handler: Handler): boolean {
    // Not made any more after the end: nobody would end it.
    if (this.#others === undefined && this.#ended !== undefined) {
      fail(this.#ended, options, handler)
      return true
    }
    this.#others ??= this.#makeOthers()
    return this.#others.dispatch(options, handler)
  }

  #pool(origin: string): Http1Pool {
    const known = this.#pools.get(origin)
    if (known !== undefined) return known
    const pool = new Http1Pool(new URL(origin), this.#connector)
    this.#pools.set(origin, pool)
    return pool
  }
}
