import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import type { Destinations } from '../upstream/destinations.ts'
import type { CallerCheck } from './caller-check.ts'
import { answerPreflight, isPreflight } from './cors.ts'
import { type GuardPolicy, makeGuard } from './guard.ts'
import { addPeerGate, type PeerGate } from './peer-gate.ts'
import { declareMethods, FORWARDED, type ProxyOptions, refuse, registerProxy } from './proxy.ts'
import { Router } from './route.ts'
import { makeServer } from './server.ts'

export interface GatewayOptions extends Omit<ProxyOptions, 'route'> {
  destinations: Destinations
  guard: GuardPolicy
  /** Which users of the machine may call; undefined: all. */
  peers?: PeerGate | undefined
  callerCheck: CallerCheck
  /** How long requests in flight may take to finish once the gateway is closing, in milliseconds. */
  drainMs: number
  /** A caller was turned away because there is no room for more connections. */
  onDrop?: () => void
}

/** The target that nothing is routed to: whatever may not be forwarded goes there, to be told why. */
const NOWHERE = '/'

/** The listener for callers: guard first, then what is forwarded, and a problem for everything else. Does not listen yet. */
export async function buildGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const router = new Router(options.destinations, options.callerCheck)
  const answer = (request: FastifyRequest, reply: FastifyReply, problem: Problem) =>
    refuse(options.accessLog, request, reply, problem)
  const app = makeServer({
    routable(request) {
      const target = router.check(request)
      return 'refusal' in target ? NOWHERE : FORWARDED + target.url
    },
    drainMs: options.drainMs,
    onConnection: options.peers?.watch,
    onDrop: options.onDrop,
  })
  if (options.peers !== undefined)
    addPeerGate(app, options.peers, (request, reply, problem) =>
      refuse(options.accessLog, request, reply, problem, { close: true }),
    )
  addGuard(app, options)
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, unroutable(router, request.originalUrl, request.method)),
  )
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const badPath = error.statusCode === 400
    if (!badPath) options.onDefect(error)
    const [code, detail] = badPath
      ? (['bad-path', 'The path cannot be forwarded safely.'] as const)
      : (['internal-error', 'An unexpected error occurred.'] as const)
    answer(request, reply, new Problem(code, detail))
  })
  declareMethods(app)
  await registerProxy(app, { ...options, route: (request) => router.route(request) })
  return app
}

/** Has the guard come before everything that is routed, and answers preflights. */
export function addGuard(
  app: FastifyInstance,
  { guard, isDraining, accessLog }: Pick<GatewayOptions, 'guard' | 'isDraining' | 'accessLog'>,
): void {
  const refusal = makeGuard(guard)
  app.addHook('onRequest', (request, reply, done) => {
    const problem = refusal(request.raw) ?? (isDraining() ? draining() : undefined)
    if (problem !== undefined) refuse(accessLog, request, reply, problem)
    else if (isPreflight(request.raw)) {
      const { method, originalUrl: url, headers } = request
      reply.hijack()
      answerPreflight(request.raw, reply.raw)
      accessLog.preflight({ method, url, headers }, reply.raw.statusCode)
    } else done()
  })
}

/** The problem of a request that no route takes. */
function unroutable(router: Router, originalUrl: string, method: string): Problem {
  const target = router.target(originalUrl)
  if ('refusal' in target) return new Problem(target.refusal, target.detail)
  return new Problem('method-not-allowed', `The method ${method} is not forwarded.`)
}

function draining(): Problem {
  return new Problem('draining', 'This proxy is shutting down and takes no new requests.', { retryAfterS: 1 })
}
