import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { answerPreflight, isPreflight } from './cors.ts'
import { stamp } from './meter.ts'
import { addPeerGate } from './peer-gate.ts'
import { declareMethods, FORWARDED, type ProxyOptions, refuse, registerProxy } from './proxy.ts'
import type { Router } from './route.ts'
import { makeServer } from './server.ts'

export interface GatewayOptions extends ProxyOptions {
  /** How long requests in flight may take to finish once the gateway is closing, in milliseconds. */
  drainMs: number
  /** A caller was turned away because there is no room for more connections. */
  onDrop?: () => void
}

/** The target that nothing is routed to: whatever may not be forwarded goes there, to be told why. */
const NOWHERE = '/'

/** The listener for callers: guard first, then what is forwarded, and a problem for everything else. Does not listen yet. */
export async function buildGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const { inForce } = options
  const answer = (request: FastifyRequest, reply: FastifyReply, problem: Problem, close = false) =>
    refuse(inForce.of(request.raw).accessLog, request, reply, problem, { close })
  const app = makeServer({
    routable(request) {
      stamp(request)
      const target = inForce.take(request).router.check(request)
      return 'refusal' in target ? NOWHERE : FORWARDED + target.url
    },
    drainMs: options.drainMs,
    onConnection: (socket) => inForce.current.peers?.watch(socket),
    onDrop: options.onDrop,
  })
  const peersOf = (request: FastifyRequest) => inForce.of(request.raw).peers
  addPeerGate(app, peersOf, (request, reply, problem) => answer(request, reply, problem, true))
  addGuard(app, options)
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, unroutable(inForce.of(request.raw).router, request.originalUrl, request.method)),
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
  await registerProxy(app, options)
  return app
}

/** Has the guard come before everything that is routed, and answers preflights. */
export function addGuard(
  app: FastifyInstance,
  { inForce, isDraining }: Pick<GatewayOptions, 'inForce' | 'isDraining'>,
): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { refusal, accessLog } = inForce.of(request.raw)
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
