import { once } from 'node:events'
import { type ClientHttp2Session, connect } from 'node:http2'
import { type buildConnector, type Dispatcher, errors } from 'undici'
import { type Connected, connectTo } from './connect.ts'
import { fail } from './failing.ts'
import { sendOverHttp2 } from './http2-exchange.ts'
import { OwnDispatcher } from './own-dispatcher.ts'

type Options = Dispatcher.DispatchOptions
type Handler = Dispatcher.DispatchHandler

/** A connection, and how many exchanges it carries. */
interface Connection {
  session: ClientHttp2Session
  open: number
  limit: number
}

const MAX_CONNECTIONS = 16
const MAX_STREAMS = 100
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
  #isClosed = false

  /** The connector offers both by ALPN (RFC 7301); `http1` is for who takes the older one. */
  constructor(connector: buildConnector.connector, http1: Dispatcher) {
    super()
    this.#connector = connector
    this.#http1 = http1
  }

  override dispatch(options: Options, handler: Handler): boolean {
    const origin = String(options.origin)
    if (this.#needsHttp1(origin, handler)) return this.#http1.dispatch(options, handler)
    const connection = this.#free(origin)
    if (connection === undefined) void this.#sendWhenConnected(origin, options, handler)
    else send(connection, options, handler)
    return true
  }

  protected override async end(how: 'close' | 'destroy', given: Error | null): Promise<void> {
    this.#isClosed = true
    const error = given ?? new errors.ClientDestroyedError()
    const all = [...this.#connections.values()].flatMap((connections) => [...connections])
    const end = (session: ClientHttp2Session) => (how === 'close' ? session.close() : session.destroy(error))
    const http1 = how === 'close' ? this.#http1.close() : this.#http1.destroy(error)
    await Promise.all([http1, ...all.map(({ session }) => ended(session, end))])
  }

  #needsHttp1(origin: string, handler: Handler): boolean {
    const isOfUndicis = handler.onRequestStart === undefined
    return this.#isClosed || isOfUndicis || !origin.startsWith('https:') || this.#older.has(origin)
  }

  #free(origin: string): Connection | undefined {
    const connections = [...(this.#connections.get(origin) ?? [])]
    const free = connections.find(({ open, limit }) => open < limit)
    if (free !== undefined || connections.length < MAX_CONNECTIONS) return free
    // Node keeps what is above the server's limit waiting.
    return connections.reduce((least, connection) => (connection.open < least.open ? connection : least))
  }

  async #sendWhenConnected(origin: string, options: Options, handler: Handler): Promise<void> {
    try {
      while (this.#free(origin) === undefined && !this.#needsHttp1(origin, handler))
        await this.#connect(origin)
      this.dispatch(options, handler)
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
    if (this.#isClosed || !speaksHttp2) {
      socket.on('error', () => {}).destroy()
      if (!speaksHttp2) this.#older.add(url.origin)
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
    if (this.#isClosed) {
      session.destroy()
      return
    }
    session.setLocalWindowSize(CONNECTION_WINDOW)
    const limit = Math.min(MAX_STREAMS, session.remoteSettings.maxConcurrentStreams ?? MAX_STREAMS)
    const connection = { session, open: 0, limit: Math.max(1, limit) }
    const all = this.#connections.get(origin) ?? new Set()
    this.#connections.set(origin, all.add(connection))
    const leave = () => all.delete(connection)
    // What it carries when the server asks to move on, it carries to the end.
    session.once('goaway', leave).once('close', leave)
    session.setTimeout(IDLE_MS, () => {
      if (connection.open > 0) return
      leave()
      session.close()
    })
  }
}

function send(connection: Connection, options: Options, handler: Handler): void {
  connection.open++
  sendOverHttp2(connection.session, options, handler, () => connection.open--)
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
