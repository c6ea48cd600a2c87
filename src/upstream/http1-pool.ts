import { Readable } from 'node:stream'
import type { buildConnector } from 'undici'
import { oldAt } from './age.ts'
import { connectTo } from './connect.ts'
import { tellFailure, UNSENT } from './failing.ts'
import { AnswerError } from './http1-answer.ts'
import { Http1Connection, type Keeper } from './http1-connection.ts'
import type { LeavableHandler, SendOptions } from './lost-request.ts'

/** A request that has no connection yet. */
interface Unsent {
  options: SendOptions
  handler: LeavableHandler
}

const MAX_CONNECTIONS = 1_024
/** More than there are callers: of those who have left, requests wait on until it is their turn or there is no room. */
const MAX_WAITING = 16_384
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
  #waiting: Unsent[] = []
  #sweeper: NodeJS.Timeout | undefined
  /** Resolves once nothing is left; made by the first who asks for the end. */
  #closed: Promise<void> | undefined
  #onEmpty: (() => void) | undefined

  constructor(origin: URL, connector: buildConnector.connector) {
    this.#origin = origin
    this.#connector = connector
  }

  dispatch(options: Unsent['options'], handler: Unsent['handler']): void {
    // It may break off before anybody reads it, and after nobody does any more.
    if (options.body instanceof Readable) options.body.on('error', ignore)
    const unsent = { options, handler }
    const isFresh = options.fresh === true
    const free = isFresh ? undefined : this.#take()
    if (free !== undefined) this.#use(free, unsent)
    // It takes the place of one that has just been lost.
    else if (isFresh || this.#hasPlace) this.#open(unsent)
    else if (this.#hasRoom()) this.#waiting.push(unsent)
    else tellFailure(handler, UNSENT, new TooManyWaiting())
  }

  onFree(connection: Http1Connection, keepAliveMs: number | undefined): void {
    const now = performance.now()
    keepFor(keptMs(keepAliveMs), connection, now)
    if (now < connection.oldAt) this.#use(connection, this.#waiting.shift())
    else connection.destroy()
  }

  onClosed(connection: Http1Connection): void {
    this.#all.delete(connection)
    const at = this.#free.indexOf(connection)
    if (at !== -1) this.#free.splice(at, 1)
    this.#goOn()
  }

  /** Lets go of what is free, and resolves when the rest is done. */
  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#onEmpty = resolve
    })
    for (const connection of this.#free.splice(0)) connection.destroy()
    this.#goOn()
    return this.#closed
  }

  /** Ends everything with this error, and resolves when it has ended. */
  async destroy(error: Error): Promise<void> {
    const closed = this.close()
    const unsent = [...this.#opening, ...this.#waiting.splice(0)]
    this.#opening.clear()
    for (const { handler } of unsent) tellFailure(handler, UNSENT, error)
    for (const connection of this.#all) connection.destroy(error)
    this.#goOn()
    await closed
  }

  get #hasPlace(): boolean {
    return this.#all.size + this.#opening.size < MAX_CONNECTIONS
  }

  /** Says whether another request may wait, if need be in the place of those whose callers have left. */
  #hasRoom(): boolean {
    if (this.#waiting.length < MAX_WAITING) return true
    const abandoned = this.#waiting.filter(({ handler }) => handler.isAbandoned === true)
    if (abandoned.length === 0) return false
    this.#waiting = this.#waiting.filter(({ handler }) => handler.isAbandoned !== true)
    for (const { handler } of abandoned) tellFailure(handler, UNSENT, new Abandoned())
    return true
  }

  /** Has a connection carry a request, or one of those that wait if that one came to nothing, or keeps it for another. */
  #use(connection: Http1Connection, first: Unsent | undefined): void {
    for (let next = first; next !== undefined; next = this.#waiting.shift()) {
      connection.send(next.options, next.handler)
      if (!connection.isUsable) return
    }
    if (this.#closed !== undefined || connection.freeUntil <= performance.now()) {
      connection.destroy()
      return
    }
    this.#free.push(connection)
    this.#sweeper ??= setTimeout(this.#sweep, SWEEP_MS).unref()
  }

  #take(): Http1Connection | undefined {
    if (this.#free.length === 0) return undefined
    const now = performance.now()
    const wall = Date.now()
    for (let next = this.#free.pop(); next !== undefined; next = this.#free.pop()) {
      if (next.isUsable && now < next.freeUntil && wall < next.freeUntilByWall) return next
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
        tellFailure(unsent.handler, UNSENT, error ?? new Error('no connection'))
        this.#goOn()
        return
      }
      const connection = new Http1Connection(socket, this.#origin.host, this)
      this.#all.add(connection)
      const now = performance.now()
      connection.oldAt = oldAt(now)
      keepFor(KEEP_ALIVE_MS, connection, now)
      if (connection.isUsable) this.#use(connection, unsent)
      else {
        tellFailure(unsent.handler, UNSENT, spokeFirst())
        connection.destroy()
      }
    })
  }

  /** A place has become free. */
  #goOn(): void {
    const next = this.#hasPlace ? this.#waiting.shift() : undefined
    if (next !== undefined) this.#open(next)
    if (this.#all.size + this.#opening.size + this.#waiting.length > 0) return
    clearTimeout(this.#sweeper)
    this.#sweeper = undefined
    this.#onEmpty?.()
  }

  readonly #sweep = (): void => {
    const now = performance.now()
    const stale = this.#free.filter((connection) => connection.freeUntil <= now)
    for (const connection of stale) connection.destroy()
    this.#sweeper = this.#free.length > 0 ? setTimeout(this.#sweep, SWEEP_MS).unref() : undefined
  }
}

function keepFor(ms: number, connection: Http1Connection, now: number): void {
  connection.freeUntil = Math.min(now + ms, connection.oldAt)
  connection.freeUntilByWall = Date.now() + ms
}

/** How long it is kept, in milliseconds, if the server says so or does not. */
function keptMs(keepAliveMs: number | undefined): number {
  if (keepAliveMs === undefined) return KEEP_ALIVE_MS
  return Math.min(keepAliveMs - KEEP_ALIVE_MARGIN_MS, MAX_KEEP_ALIVE_MS)
}

/** 1,024 connections are busy, and very many requests wait for one. */
class TooManyWaiting extends Error {
  override readonly name = 'TooManyWaiting'
  readonly code = 'TOO_MANY_REQUESTS_WAIT'
}

/** Nobody waits for its answer any more. */
class Abandoned extends Error {
  override readonly name = 'Abandoned'
}

/** As a tunnel may: what came with it would be taken for an answer. */
function spokeFirst(): AnswerError {
  return new AnswerError('ANSWER_MALFORMED', 'The server spoke before it was asked.')
}

function ignore(): void {}
