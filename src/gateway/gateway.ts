import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { type GuardPolicy, makeGuard } from './guard.ts'
import { declareMethods, type ProxyOptions, refuse, registerProxy, unroutable } from './proxy.ts'
import { checkTarget } from './scope.ts'
import { makeServer } from './server.ts'

export interface GatewayOptions extends ProxyOptions {
  guard: GuardPolicy
  /** How long requests in flight may take to finish once the gateway is closing, in milliseconds. */
  drainMs: number
}

/** The target that nothing is routed to: whatever may not be forwarded goes there, to be told why. */
const NOWHERE = '/'

/** The listener for callers: guard first, then `/v2/**`, and a problem for everything else. Does not listen yet. */
export async function buildGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const answer = (request: FastifyRequest, reply: FastifyReply, problem: Problem) =>
    refuse(options.accessLog, request, reply, problem)
  const app = makeServer({ routable, drainMs: options.drainMs })
  const refusal = makeGuard(options.guard)
  app.addHook('onRequest', (request, reply, done) => {
    const problem = refusal(request.raw) ?? (options.isDraining() ? draining() : undefined)
    if (problem === undefined) done()
    else answer(request, reply, problem)
  })
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, unroutable(request.originalUrl, request.method)),
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

function routable(url: string): string {
  const target = checkTarget(url)
  return 'url' in target ? target.url : NOWHERE
}

function draining(): Problem {
  return new Problem('draining', 'This proxy is shutting down and takes no new requests.', { retryAfterS: 1 })
}
