import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import { type Clock, systemClock } from '../credentials/clock.ts'
import { Problem } from '../errors.ts'
import { capacity } from './capacity.ts'
import { allowHalfClosed, endHalfClosed } from './half-closed.ts'
import { closeIdle, unlessItCame } from './late-timers.ts'
import { misreadable } from './misreadable.ts'
import { ignoreUpgrades } from './no-upgrade.ts'
import { takeInTurn } from './pipelining.ts'
import { rawProblem, writeProblem } from './problem.ts'
import { watchStandstills } from './standstill.ts'

const SECOND = 1_000
const MAX_HEADER_BYTES = 16 * 1024
const SWEEP_MS = 100
const LINGER_MS = 1_000
/** More than a caller would pipeline who means no harm. */
const MAX_BEHIND = 64
/** Of a request whose body stands still. */
const STANDSTILL = 'STANDSTILL'

/**
 * A Fastify instance whose HTTP servers are ours, with every limit explicit, that answers unreadable requests with
 * a problem, and whose `close` lets requests in flight finish for at most `drainMs`. `routable` turns each request
 * target into one that the router cannot misread; `onConnection` hears of each connection before its first request,
 * `onDrop` of each for which there is no room. One on which a caller neither goes on sending its body nor reads its
 * answer is closed after five to ten minutes of `clock`.
 */
export function makeServer(options: {
  routable(request: IncomingMessage): string
  drainMs: number
  onConnection?: ((socket: Socket) => void) | undefined
  clock?: Clock
  onDrop?: (() => void) | undefined
}): FastifyInstance {
  const { clock = systemClock() } = options
  const servers = new Set<Server>()
  const connections = new Set<Socket>()
  /** Those that have not carried a request yet: Node does not count them as idle. */
  const unused = new Set<Socket>()
  /** The latest answer on each connection. */
  const answers = new WeakMap<Socket, ServerResponse>()
  /** Connections on which nobody can tell where the next request begins, and how many have come there since. */
  const lost = new WeakMap<Socket, number>()
  const { connections: room } = capacity()
  const answerOn = (socket: Socket) => answers.get(socket)
  const onConnection = (socket: Socket) => {
    // It comes a second time if it is read a second time.
    if (connections.has(socket)) return
    if (connections.size >= room) {
      socket.destroy()
      // Whoever is idle makes room for the next.
      for (const server of servers) server.closeIdleConnections()
      options.onDrop?.()
      return
    }
    connections.add(socket)
    unused.add(socket)
    socket.once('close', () => {
      connections.delete(socket)
      unused.delete(socket)
    })
    endHalfClosed(socket, clock, answerOn)
    options.onConnection?.(socket)
  }
  const app = fastify<Server>({
    logger: false,
    trustProxy: false,
    return503OnClosing: false,
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    // Else Fastify loads compilers of its own, which takes time and memory, for schemas that no route of ours has.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    clientErrorHandler(error, socket) {
      if (lost.has(socket)) return
      const before = answers.get(socket)
      const hasCome = () => answers.get(socket) !== before
      unlessItCame(error, socket, hasCome, () => answerUnreadable(error, socket, answerOn(socket)))
    },
    rewriteUrl: (request) => options.routable(request as IncomingMessage),
    serverFactory(listener: RequestListener) {
      const take = takeInTurn(clock, listener)
      const server = makeHttpServer((request, response) => {
        const { socket } = request
        const behind = lost.get(socket)
        if (behind !== undefined) {
          lost.set(socket, behind + 1)
          // They are kept until the answers before them are out, which may take long.
          if (behind === MAX_BEHIND) socket.destroy()
          return
        }
        const before = answers.get(socket)
        unused.delete(socket)
        answers.set(socket, response)
        const problem = misreadable(request)
        if (problem === undefined) return take(request, response, before)
        lost.set(socket, 0)
        writeProblem(request, response, problem, { close: true })
      })
      ignoreUpgrades(server, (socket) => !lost.has(socket) && isOut(answerOn(socket)))
      allowHalfClosed(server)
      server.on('connection', onConnection)
      servers.add(server)
      return server
    },
  })
  const endWatch = watchStandstills(clock, connections, answerOn, (socket, what) => {
    if (what === 'reads nothing') socket.destroy()
    else answerUnreadable({ code: STANDSTILL }, socket, answerOn(socket))
  })
  app.addHook('onClose', (_app, done) => {
    endWatch()
    done()
  })
  app.addHook('preClose', (done) => {
    drain(servers, unused, options.drainMs)
    done()
  })
  return app
}

function noSchemas(): never {
  throw new Error('no route of this program has a schema')
}

function makeHttpServer(listener: RequestListener): Server {
  const limits = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: 60 * SECOND,
    // An upload may last as long as it moves; the time to send the head is bounded by headersTimeout.
    requestTimeout: 0,
    keepAliveTimeout: 75 * SECOND,
    connectionsCheckingInterval: 5 * SECOND,
    insecureHTTPParser: false,
    // Ours to refuse, with a problem that says why.
    requireHostHeader: false,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30 * SECOND,
  }
  const server = createServer(limits, listener)
  // RFC 9110 section 10.1.1 lets a server ignore what it does not know; Node would answer 417 before any guard.
  server.on('checkExpectation', listener)
  // Not `maxConnections`: workers that are full would hand a connection round among them without end.
  server.maxRequestsPerSocket = 0
  // Bounded by their bytes. Beyond a count Node drops them without a word, those that the guard looks at as well.
  server.maxHeadersCount = 0
  server.timeout = 0
  closeIdle(server)
  return server
}

/** Node closes idle connections once, as a server closes; those that fall idle later are swept up until none is left. */
function drain(servers: ReadonlySet<Server>, unused: ReadonlySet<Socket>, drainMs: number): void {
  const sweep = setInterval(() => {
    for (const socket of unused) socket.destroy()
    for (const server of servers) server.closeIdleConnections()
  }, SWEEP_MS)
  const limit = setTimeout(() => {
    for (const server of servers) server.closeAllConnections()
  }, drainMs)
  let open = servers.size
  const onClosed = () => {
    if (--open > 0) return
    clearInterval(sweep)
    clearTimeout(limit)
  }
  for (const server of servers) {
    if (server.listening) server.once('close', onClosed)
    else onClosed()
  }
}

/**
 * Says what is wrong with a request, but never within the answer to another, nor in its place. The caller has a second
 * to stop sending: a connection closed over unread bytes is reset, and the answer may be lost with it.
 */
function answerUnreadable(
  error: { code?: string },
  socket: Socket,
  answer: ServerResponse | undefined,
): void {
  // It has been answered; what comes after it cannot be read either.
  if (socket.writableEnded) return
  if (!socket.writable || !isItsTurn(answer)) {
    socket.destroy()
    return
  }
  const toHead = answer?.writableFinished === false && answer.req.method === 'HEAD'
  socket.end(rawProblem(unreadable(error.code), toHead))
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
}

/** Whether nothing of an answer is left to do, for Node neither: it has been parted from its connection. */
function isOut(answer: ServerResponse | undefined): boolean {
  return answer === undefined || (answer.writableFinished && answer.socket === null)
}

/** Whether the latest answer is out of the way, or is the unreadable request's own and has not begun. */
function isItsTurn(answer: ServerResponse | undefined): boolean {
  if (answer === undefined || answer.writableFinished) return true
  const waitsForOthers = answer.socket === null
  return !waitsForOthers && !answer.headersSent && !answer.req.complete
}

function unreadable(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Problem('headers-too-large', 'The request head is too large.')
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem('request-timeout', 'The request head took too long.')
  if (code === STANDSTILL) return new Problem('request-timeout', 'The rest of the request body did not come.')
  return new Problem('bad-request', `The request could not be read (${code ?? 'unknown'}).`)
}
