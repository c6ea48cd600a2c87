import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { type buildConnector, type Dispatcher, errors } from 'undici'
import { oldAt } from './age.ts'
import { type Connected, connectTo } from './connect.ts'
import { fail } from './failing.ts'
import { type Carrier, sendOverHttp2 } from './http2-exchange.ts'
import { OwnDispatcher } from './own-dispatcher.ts'

type Options = Dispatcher.DispatchOptions
type Handler = Dispatcher.DispatchHandler

/** A connection, and how many exchanges it carries. */
interface Connection extends Carrier {
  open: number
  limit: number
  isReused: boolean
  lastTaken: number
  /** When it is too old to carry another exchange, on `performance.now()`. */
  oldAt: number
  /** When the last exchange began or ended, by the wall clock: timers stand still while the machine sleeps. */
  usedAt: number
  /** It takes no more exchanges, and ends with the last that it carries. */
  retire(): void
}

const MAX_CONNECTIONS = 16
const MAX_STREAMS = 100
/** How many connections a request waits for at most: some may be full before it is its turn. */
const MAX_CONNECTS = 2 * MAX_CONNECTIONS
/** How much of one answer may wait for a slow caller; a connection as a whole is not held up by it. */
const STREAM_WINDOW = 256 * 1024
const CONNECTION_WINDOW = 1024 * 1024
/** In megabytes: more than all streams together may hold. */
const MAX_SESSION_MEMORY = 64
const MAX_HEADER_BYTES = 64 * 1024
const SETTINGS_TIMEOUT_MS = 10_000
const IDLE_MS = 60_000

/**
 * HTTP/2 by Node's own client, with HTTP/1.1 for a server that does not offer it, and for undici's fetch and request.
 *
 * undici's own HTTP/2 (7.30) will not do: it cuts an answer off that has trailers and is read slowly, fails what is in
 * flight when a server asks it to move on, keeps a request with a body waiting behind a long poll, and lets the process
 * end for a header in two spellings.
 */
export class Http2Dispatcher extends OwnDispatcher {
  readonly #connector: buildConnector.connector
  readonly #http1: Dispatcher
  readonly #connections = new Map<string, Set<Connection>>()
  readonly #connecting = new Map<string, Promise<void>>()
  /** Origins that chose HTTP/1.1. */
  readonly #older = new Set<string>()
  /** Requests that wait for a connection. */
  readonly #waiting = new Set<Promise<void>>()
  /** What requests are told from now on. */
  #ended: Error | undefined
  #isDestroyed = false

  /** The connector offers both by ALPN (RFC 7301); `http1` is for who takes the older one. */
  constructor(connector: buildConnector.connector, http1: Dispatcher) {
    super()
    this.#connector = connector
    this.#http1 = http1
  }

  override dispatch(options: Options, handler: Handler): boolean {
    if (this.#ended === undefined) return this.#send(options, handler)
    fail(this.#ended, options, handler)
    return true
  }

  protected override async end(how: 'close' | 'destroy', given: Error | null): Promise<void> {
    const error = given ?? new errors.ClientDestroyedError()
    this.#ended ??= how === 'close' ? new errors.ClientClosedError() : error
    this.#isDestroyed ||= how === 'destroy'
    if (how === 'close') await Promise.all(this.#waiting)
    const all = [...this.#connections.values()].flatMap((connections) => [...connections])
    const end = (session: ClientHttp2Session) => (how === 'close' ? session.close() : session.destroy(error))
    const http1 = how === 'close' ? this.#http1.close() : this.#http1.destroy(error)
    await Promise.all([http1, ...all.map(({ session }) => ended(session, end))])
  }

  #send(options: Options, handler: Handler): boolean {
    const origin = String(options.origin)
    if (this.#needsHttp1(origin, handler)) return this.#http1.dispatch(options, handler)
    const connection = this.#free(origin)
    if (connection !== undefined) send(connection, options, handler)
    else {
      const sent = this.#sendWhenConnected(origin, options, handler).finally(() => this.#waiting.delete(sent))
      this.#waiting.add(sent)
    }
    return true
  }

  #needsHttp1(origin: string, handler: Handler): boolean {
    const isOfUndicis = handler.onRequestStart === undefined
    return isOfUndicis || !origin.startsWith('https:') || this.#older.has(origin)
  }

  #free(origin: string): Connection | undefined {
    const connections = [...(this.#connections.get(origin) ?? [])].filter(isUsable)
    const free = connections.find(({ open, limit }) => open < limit)
    if (free !== undefined || connections.length < MAX_CONNECTIONS) return free
    // Node keeps what is above the server's limit waiting.
    return connections.reduce((least, connection) => (connection.open < least.open ? connection : least))
  }

  async #sendWhenConnected(origin: string, options: Options, handler: Handler): Promise<void> {
    try {
      for (let i = 0; this.#free(origin) === undefined && !this.#needsHttp1(origin, handler); i++) {
        if (i === MAX_CONNECTS) throw new Restless()
        await this.#connect(origin)
      }
      this.#send(options, handler)
    } catch (error) {
      fail(error as Error, options, handler)
    }
  }

  /** One connection at a time, however many wait for it. */
  #connect(origin: string): Promise<void> {
    const underway = this.#connecting.get(origin)
    if (underway !== undefined) return underway
    const connecting = this.#open(new URL(origin)).finally(() => this.#connecting.delete(origin))
    this.#connecting.set(origin, connecting)
    return connecting
  }

  async #open(url: URL): Promise<void> {
    const socket = await connected(this.#connector, url)
    const speaksHttp2 = 'alpnProtocol' in socket && socket.alpnProtocol === 'h2'
    if (this.#isDestroyed || !speaksHttp2) socket.on('error', () => {}).destroy()
    if (this.#isDestroyed) throw this.#ended
    if (!speaksHttp2) {
      this.#older.add(url.origin)
      return
    }
    const session = connect(url, {
      createConnection: () => socket,
      peerMaxConcurrentStreams: MAX_STREAMS,
      maxSessionMemory: MAX_SESSION_MEMORY,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: MAX_HEADER_BYTES },
    })
    await ready(session)
    this.#keep(url.origin, session)
  }

  #keep(origin: string, session: ClientHttp2Session): void {
    if (this.#isDestroyed) {
      session.destroy()
      throw this.#ended
    }
    session.setLocalWindowSize(CONNECTION_WINDOW)
    const limit = Math.min(MAX_STREAMS, session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS)
    const all = this.#connections.get(origin) ?? new Set()
    const leave = () => all.delete(connection)
    const connection: Connection = {
      session,
      open: 0,
      limit: Math.max(1, limit),
      isReused: false,
      lastTaken: Number.POSITIVE_INFINITY,
      oldAt: oldAt(performance.now()),
      usedAt: Date.now(),
      retire() {
        leave()
        session.close()
      },
    }
    this.#connections.set(origin, all.add(connection))
    session.once('close', leave)
    // What it carries when the server asks to move on, it carries to the end.
    session.on('goaway', (_code, lastTaken: number) => {
      connection.lastTaken = lastTaken
      leave()
    })
    session.setTimeout(IDLE_MS, () => {
      if (connection.open === 0) connection.retire()
    })
  }
}

/** A server that ends each connection before it has carried anything. */
class Restless extends Error {
  readonly code = 'HTTP2_NO_CONNECTION_LASTS'
}

/** Whether it takes another exchange; one that is too old, or has been idle for long, is retired. */
function isUsable(connection: Connection): boolean {
  const { session, open, oldAt, usedAt } = connection
  if (session.closed || session.destroyed) return false
  const isIdle = open === 0 && Date.now() - usedAt > IDLE_MS
  if (!isIdle && performance.now() < oldAt) return true
  connection.retire()
  return false
}

function send(connection: Connection, options: Options, handler: Handler): void {
  connection.open++
  connection.usedAt = Date.now()
  sendOverHttp2(connection, options, handler, () => {
    connection.open--
    connection.isReused = true
    connection.usedAt = Date.now()
  })
}

/** The server's settings come first, and say how much it takes at once. */
function ready(session: ClientHttp2Session): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = Object.assign(new Error('no settings'), { code: 'ETIMEDOUT' })
    const timer = setTimeout(() => session.destroy(late), SETTINGS_TIMEOUT_MS)
    session.on('error', reject).once('remoteSettings', () => resolve())
    session
      .once('remoteSettings', () => clearTimeout(timer))
      .once('close', () => {
        clearTimeout(timer)
        reject(Object.assign(new Error('closed'), { code: 'UND_ERR_SOCKET' }))
      })
  })
}

function connected(connector: buildConnector.connector, url: URL): Promise<Connected> {
  return new Promise((resolve, reject) => {
    connectTo(connector, url, (error, socket) => {
      if (socket === null) reject(error)
      else resolve(socket)
    })
  })
}

async function ended(session: ClientHttp2Session, end: (session: ClientHttp2Session) => void): Promise<void> {
  if (session.destroyed) return
  const closed = once(session, 'close').catch(() => {})
  end(session)
  await closed
}
