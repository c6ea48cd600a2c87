import type { buildConnector, Dispatcher } from 'undici'
import { connectTo } from './connect.ts'
import { UNSENT } from './failing.ts'
import { Http1Connection, type Keeper } from './http1-connection.ts'

/** A request that has no connection yet. */
interface Unsent {
  options: Dispatcher.DispatchOptions
  handler: Dispatcher.DispatchHandler
}

const MAX_CONNECTIONS = 1_024
const SWEEP_MS = 1_000
/** How long a connection is kept for the next request, where the server does not say how long it does. */
const KEEP_ALIVE_MS = 4_000
const MAX_KEEP_ALIVE_MS = 60_000
/** The server's word is for its own clock, and a request takes time to get there. */
const KEEP_ALIVE_MARGIN_MS = 2_000

/**
 * The connections to one origin. A request takes the one that was used last; where none is free it opens one of its
 * own, and where there are 1,024 it waits for its turn.
 */
export class Http1Pool implements Keeper {
  readonly #origin: URL
  readonly #connector: buildConnector.connector
  readonly #all = new Set<Http1Connection>()
  /** Used last at the end. */
  readonly #free: Http1Connection[] = []
  /** Requests whose connection is being opened. */
  readonly #opening = new Set<Unsent>()
  readonly #waiting: Unsent[] = []
  #sweeper: NodeJS.Timeout | undefined
  #onEmpty: (() => void) | undefined

  constructor(origin: URL, connector: buildConnector.connector) {
    this.#origin = origin
    this.#connector = connector
  }

  dispatch(options: Unsent['options'], handler: Unsent['handler']): void {
    const free = this.#take()
    if (free !== undefined) free.send(options, handler)
    else if (this.#all.size + this.#opening.size < MAX_CONNECTIONS) this.#open({ options, handler })
    else this.#waiting.push({ options, handler })
  }

  onFree(connection: Http1Connection, keepAliveMs: number | undefined): void {
    const next = this.#waiting.shift()
    if (next !== undefined) {
      connection.send(next.options, next.handler)
      return
    }
    const keptMs =
      keepAliveMs === undefined
        ? KEEP_ALIVE_MS
        : Math.min(keepAliveMs - KEEP_ALIVE_MARGIN_MS, MAX_KEEP_ALIVE_MS)
    if (keptMs <= 0 || this.#onEmpty !== undefined) {
      connection.destroy()
      return
    }
    connection.freeUntil = performance.now() + keptMs
    this.#free.push(connection)
    this.#sweeper ??= setTimeout(this.#sweep, SWEEP_MS).unref()
  }

  onClosed(connection: Http1Connection): void {
    this.#all.delete(connection)
    const at = this.#free.indexOf(connection)
    if (at !== -1) this.#free.splice(at, 1)
    this.#goOn()
  }

  /** Lets go of what is free, and resolves when the rest is done. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve
      for (const connection of this.#free.splice(0)) connection.destroy()
      this.#goOn()
    })
  }

  /** Ends everything with this error, and resolves when it has ended. */
  async destroy(error: Error): Promise<void> {
    const closed = this.close()
    const unsent = [...this.#opening, ...this.#waiting.splice(0)]
    this.#opening.clear()
    for (const { handler } of unsent) handler.onResponseError?.(UNSENT, error)
    for (const connection of this.#all) connection.destroy(error)
    this.#goOn()
    await closed
  }

  #take(): Http1Connection | undefined {
    if (this.#free.length === 0) return undefined
    const now = performance.now()
    for (let next = this.#free.pop(); next !== undefined; next = this.#free.pop()) {
      if (next.isUsable && now < next.freeUntil) return next
      next.destroy()
    }
    return undefined
  }

  #open(unsent: Unsent): void {
    this.#opening.add(unsent)
    connectTo(this.#connector, this.#origin, (error, socket) => {
      if (!this.#opening.delete(unsent)) {
        // Ended meanwhile, and told so.
        socket?.on('error', () => {}).destroy()
        return
      }
      if (socket === null) {
        unsent.handler.onResponseError?.(UNSENT, error ?? new Error('no connection'))
        this.#goOn()
        return
      }
      const connection = new Http1Connection(socket, this.#origin.host, this)
      this.#all.add(connection)
      connection.send(unsent.options, unsent.handler)
    })
  }

  /** A place has become free. */
  #goOn(): void {
    if (this.#waiting.length > 0 && this.#all.size + this.#opening.size < MAX_CONNECTIONS) {
      const next = this.#waiting.shift()
      if (next !== undefined) this.#open(next)
    }
    if (this.#all.size + this.#opening.size + this.#waiting.length > 0) return
    clearTimeout(this.#sweeper)
    this.#onEmpty?.()
  }

  readonly #sweep = (): void => {
    const now = performance.now()
    const stale = this.#free.filter((connection) => connection.freeUntil <= now)
    for (const connection of stale) connection.destroy()
    this.#sweeper = this.#free.length > 0 ? setTimeout(this.#sweep, SWEEP_MS).unref() : undefined
  }
}
