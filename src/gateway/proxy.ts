import { type IncomingMessage, METHODS } from 'node:http'
import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Tracing } from '../tracing.ts'
import { sendAuthenticated } from '../upstream/authenticate.ts'
import type { Destination } from '../upstream/destinations.ts'
import { hasPassed, headersUp } from '../upstream/headers.ts'
import { ReplayBody } from '../upstream/replay-body.ts'
import type { AccessLog } from './access-log.ts'
import type { InForce } from './in-force.ts'
import { type AuthorizationAction, readAt } from './meter.ts'
import { type AnswerOptions, writeProblem } from './problem.ts'
import { Relay, type RelayContext } from './relay.ts'
import type { Route } from './route.ts'
import { isForwardable } from './scope.ts'
import { trace } from './traced.ts'

export interface ProxyOptions extends RelayContext {
  /** What requests go by. */
  inForce: InForce
  /** Our name in `Via`, unique to this process. */
  pseudonym: string
  /** Who traces requests, if that is wanted. */
  tracing?: Tracing | undefined
}

/** What is put before a checked target, so that nothing else is routed to the proxy. */
export const FORWARDED = '/forwarded'

/** An address that no name leads to (RFC 2606), for the transport that is not used. */
const NO_UPSTREAM = 'http://upstream.invalid'

/**
 * Forwards what was routed below `FORWARDED`. @fastify/http-proxy registers the routes; the bytes go through our own
 * dispatch, since its transport parses, retries, and copies what must not be copied. What it checks of destinations has
 * been checked: what `checkTarget` lets pass passes there, too.
 */
export async function registerProxy(app: FastifyInstance, options: ProxyOptions): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    await scope.register(httpProxy, {
      upstream: NO_UPSTREAM,
      prefix: FORWARDED,
      rewritePrefix: '/',
      httpMethods: forwardedMethods(),
      // Ahead of its own handler, which would only check the destination a second time, at the price of three URLs.
      preHandler: (request: FastifyRequest, reply: FastifyReply) => forward(options, request, reply),
      internalRewriteLocationHeader: false,
      websocket: false,
      // The rest configures a transport that is not used, so that it would be safe if it were.
      undici: { connections: 1, connect: { rejectUnauthorized: true } },
      destroyAgent: true,
      disableCache: true,
      retryMethods: [],
      disableRequestLogging: true,
    })
  })
}

/**
 * Declares every method that may be forwarded to have no body to parse: Fastify then neither refuses a content type
 * it does not know, nor drops the body of a GET, nor reads a byte.
 */
export function declareMethods(app: FastifyInstance): void {
  for (const method of METHODS)
    if (method !== 'CONNECT') app.addHttpMethod(method, { hasBody: false, overrideExisting: true })
}

function forwardedMethods(): string[] {
  return METHODS.filter(isForwardable)
}

/** Sends a request on and leaves its answer to the relay: Fastify has no more to do with it. */
export function forward(options: ProxyOptions, request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request
  const rules = options.inForce.of(raw)
  let route: Route
  let keeper: ReturnType<Destination['keeperFor']>
  try {
    if (hasPassed(raw.rawHeaders, options.pseudonym))
      throw new Problem('loop-detected', 'The request has passed this proxy before.')
    route = rules.router.route(raw)
    keeper = route.destination.keeperFor(raw.headers.authorization)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Of those who have come so far, it can only be a client of its own that nobody knows.
    refuse(rules.accessLog, request, reply, error, { challenge: 'client' })
    return
  }
  const { address, dispatcher } = route.destination
  const body = hasBody(raw) ? new ReplayBody(raw, rules.maxReplayBytes) : null
  const upstream = {
    origin: address.origin,
    path: address.basePath + route.url,
    method: request.method,
    headers: headersUp(raw.rawHeaders, options.pseudonym),
    body,
  }
  const authorization = actionOn(raw, route.destination)
  // For the log: what was put before it is nobody's business.
  raw.url = request.originalUrl
  const { meter, tracing } = options
  const notices = tracing === undefined ? meter : trace(tracing, raw, upstream, meter)
  // Not earlier: Fastify answers for what is thrown until then.
  reply.hijack()
  const relay = new Relay(options, rules, route.back, raw, reply.raw, body)
  sendAuthenticated(dispatcher, upstream, keeper, relay, notices)
  meter?.forwarded(readAt(raw), authorization)
}

function actionOn(
  request: IncomingMessage,
  { callersAreClients }: Destination,
): AuthorizationAction | undefined {
  if (request.headers.authorization === undefined) return undefined
  return callersAreClients ? 'used' : 'dropped'
}

/** RFC 9112 section 6.3: a request has a body if and only if one of these says so. */
function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length']
  return request.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

/** Answers with a problem of our own, and logs it. */
export function refuse(
  accessLog: AccessLog,
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  options?: AnswerOptions,
): void {
  const { method, originalUrl: url, headers } = request
  accessLog.refused({ method, url, headers }, problem)
  reply.hijack()
  writeProblem(request.raw, reply.raw, problem, options)
}
