import { type IncomingMessage, METHODS } from 'node:http'
import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Dispatcher } from 'undici'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import { Problem } from '../errors.ts'
import { sendAuthenticated } from '../upstream/authenticate.ts'
import { hasPassed, headersUp } from '../upstream/headers.ts'
import { ReplayBody } from '../upstream/replay-body.ts'
import type { AccessLog } from './access-log.ts'
import { writeProblem } from './problem.ts'
import { Relay, type RelayContext } from './relay.ts'
import { checkTarget, isForwardable } from './scope.ts'

export interface ProxyOptions extends RelayContext {
  dispatcher: Dispatcher
  keeper: CredentialKeeper
  /** Our name in `Via`, unique to this process. */
  pseudonym: string
  /** How much of a body is kept for a second attempt after a 401. */
  maxReplayBytes: number
}

/**
 * Forwards `/v2/**` of one cluster. @fastify/http-proxy registers the routes and checks destinations; the bytes go
 * through our own dispatch, since its transport parses, retries, and copies what must not be copied.
 */
export async function registerProxy(app: FastifyInstance, options: ProxyOptions): Promise<void> {
  const { cluster } = options
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    await scope.register(httpProxy, {
      upstream: cluster.origin + cluster.basePath,
      prefix: '/v2',
      rewritePrefix: `${cluster.basePath}/v2`,
      httpMethods: forwardedMethods(),
      handler: (request: FastifyRequest, reply: FastifyReply) => forward(options, request, reply),
      internalRewriteLocationHeader: false,
      websocket: false,
      // The rest configures a transport that is not used, so that it would be safe if it were.
      undici: options.dispatcher,
      destroyAgent: false,
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

function forward(options: ProxyOptions, request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request
  if (hasPassed(raw.rawHeaders, options.pseudonym)) {
    const problem = new Problem('loop-detected', 'The request has passed this proxy before.')
    refuse(options.accessLog, request, reply, problem)
    return
  }
  const { cluster } = options
  const body = hasBody(raw) ? new ReplayBody(raw, options.maxReplayBytes) : null
  const upstream = {
    origin: cluster.origin,
    path: cluster.basePath + raw.url,
    method: request.method,
    headers: headersUp(raw.rawHeaders, options.pseudonym),
    body,
  }
  // Not earlier: Fastify answers for what is thrown until then.
  reply.hijack()
  const dispatch = options.dispatcher.dispatch.bind(options.dispatcher)
  sendAuthenticated(dispatch, upstream, options.keeper, new Relay(options, raw, reply.raw, body))
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
): void {
  accessLog.refused({ method: request.method, url: request.originalUrl }, problem)
  reply.hijack()
  writeProblem(request.raw, reply.raw, problem)
}

/** The problem of a request that no route takes. */
export function unroutable(originalUrl: string, method: string): Problem {
  const target = checkTarget(originalUrl)
  if ('refusal' in target) return new Problem(target.refusal, target.detail)
  return new Problem('method-not-allowed', `The method ${method} is not forwarded.`)
}
