import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import { type FastifyInstance, fastify } from 'fastify'
import { Problem } from '../errors.ts'
import { misreadable } from './misreadable.ts'
import { ignoreUpgrades } from './no-upgrade.ts'
import { rawProblem, writeProblem } from './problem.ts'

const SECOND = 1_000
const MAX_HEADER_BYTES = 16 * 1024
const MAX_CONNECTIONS = 16_384
const SWEEP_MS = 100
const LINGER_MS = 1_000

/**
 * A Fastify instance whose HTTP servers are ours, with every limit explicit, that answers unreadable requests with
 * a problem, and whose `close` lets requests in flight finish for at most `drainMs`. `routable` turns each request
 * target into one that the router cannot misread.
 */
export function makeServer(options: {
  routable(request: IncomingMessage): string
  drainMs: number
}): FastifyInstance {
  const servers = new Set<Server>()
  /** Connections that have not carried a request yet: Node does not count them as idle. */
  const unused = new Set<Socket>()
  /** The latest answer on each connection. */
  const answers = new WeakMap<Socket, ServerResponse>()
  /** Connections on which nobody can tell where the next request begins. */
  const lost = new WeakSet<Socket>()
  const onClosed = function (this: Socket) {
    unused.delete(this)
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
      if (!lost.has(socket)) answerUnreadable(error, socket, answers.get(socket))
    },
    rewriteUrl: (request) => options.routable(request as IncomingMessage),
    serverFactory(listener: RequestListener) {
      const server = makeHttpServer((request, response) => {
        const { socket } = request
        if (lost.has(socket)) return
        unused.delete(socket)
        answers.set(socket, response)
        const problem = misreadable(request)
        if (problem === undefined) return listener(request, response)
        lost.add(socket)
        writeProblem(request, response, problem, { close: true })
      })
      ignoreUpgrades(server, (socket) => !lost.has(socket) && isOut(answers.get(socket)))
      server.on('connection', (socket) => {
        unused.add(socket)
        // It comes a second time if it is read a second time.
        socket.off('close', onClosed).once('close', onClosed)
      })
      servers.add(server)
      return server
    },
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
  server.maxConnections = MAX_CONNECTIONS
  server.maxRequestsPerSocket = 0
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
  error: Error & { code?: string },
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
  return new Problem('bad-request', `The request could not be read (${code ?? 'unknown'}).`)
}
