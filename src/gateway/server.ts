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
import { allowHalfClosed } from './half-closed.ts'
import { takeInTurn } from './pipelining.ts'
import { rawProblem } from './problem.ts'
import { watchStandstills } from './standstill.ts'

const SECOND = 1_000
const MAX_HEADER_BYTES = 16 * 1024
const MAX_CONNECTIONS = 16_384
const SWEEP_MS = 100
const LINGER_MS = 1_000
/** Of a request whose body stands still. */
const STANDSTILL = 'STANDSTILL'

/**
 * A Fastify instance whose HTTP servers are ours, with every limit explicit, that answers unreadable requests with
 * a problem, and whose `close` lets requests in flight finish for at most `drainMs`. `routable` turns each request
 * target into one that the router cannot misread. A connection on which a caller neither goes on sending its body nor
 * reads its answer is closed after five to ten minutes of `clock`.
 */
export function makeServer(options: {
  routable(request: IncomingMessage): string
  drainMs: number
  clock?: Clock
}): FastifyInstance {
  const { clock = systemClock() } = options
  const servers = new Set<Server>()
  const connections = new Set<Socket>()
  /** Those that have not carried a request yet: Node does not count them as idle. */
  const unused = new Set<Socket>()
  /** The latest answer on each connection. */
  const answers = new WeakMap<Socket, ServerResponse>()
  const latestAnswer = (socket: Socket) => answers.get(socket)
  const app = fastify<Server>({
    logger: false,
    trustProxy: false,
    return503OnClosing: false,
    forceCloseConnections: false,
    exposeHeadRoutes: false,
    // Else Fastify loads compilers of its own, which takes time and memory, for schemas that no route of ours has.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    clientErrorHandler: (error, socket) => answerUnreadable(error, socket, latestAnswer(socket)),
    rewriteUrl: (request) => options.routable(request as IncomingMessage),
    serverFactory(listener: RequestListener) {
      const take = takeInTurn(clock, listener)
      const server = makeHttpServer((request, response) => {
        const { socket } = request
        const before = latestAnswer(socket)
        unused.delete(socket)
        answers.set(socket, response)
        take(request, response, before)
      })
      allowHalfClosed(server, clock, latestAnswer)
      keepTrack(server, connections, unused)
      servers.add(server)
      return server
    },
  })
  const endWatch = watchStandstills(clock, connections, latestAnswer, (socket, what) => {
    if (what === 'reads nothing') socket.destroy()
    else answerUnreadable({ code: STANDSTILL }, socket, latestAnswer(socket))
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

/** Keeps these sets of the connections of a server, all of them and those without a request so far. */
function keepTrack(server: Server, all: Set<Socket>, unused: Set<Socket>): void {
  server.on('connection', (socket) => {
    all.add(socket)
    unused.add(socket)
    socket.once('close', () => {
      all.delete(socket)
      unused.delete(socket)
    })
  })
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
  server.maxConnections = MAX_CONNECTIONS
  server.maxRequestsPerSocket = 0
  // Bounded by their bytes. Beyond a count Node drops them without a word, those that the guard looks at as well.
  server.maxHeadersCount = 0
  server.timeout = 0
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
  socket.end(rawProblem(unreadable(error.code)))
  const timer = setTimeout(() => socket.destroy(), LINGER_MS)
  socket.once('close', () => clearTimeout(timer))
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
