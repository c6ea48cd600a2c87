import type { FastifyInstance } from 'fastify'
import { Problem } from '../errors.ts'
import { type GuardPolicy, makeGuard } from './guard.ts'
import { declareMethods, type ProxyOptions, refuse, registerProxy, unroutable } from './proxy.ts'
import { checkTarget } from './scope.ts'
import { makeServer } from './server.ts'

export interface GatewayOptions extends ProxyOptions {
  guard: GuardPolicy
  /** How long requests in flight may take to finish once the gateway is closing, in milliseconds. */
  drainMs: number
  /** Called with an error that nobody expected, already answered. */
  onDefect(error: Error): void
}

/** The target that nothing is routed to: whatever may not be forwarded goes there, to be told why. */
const NOWHERE = '/'

/** The listener for callers: guard first, then `/v2/**`, and a problem for everything else. Does not listen yet. */
export async function buildGateway(options: GatewayOptions): Promise<FastifyInstance> {
  const { accessLog } = options
  const app = makeServer({ routable, drainMs: options.drainMs })
  const refusal = makeGuard(options.guard)
  app.addHook('onRequest', (request, reply, done) => {
    const problem = refusal(request.raw) ?? (options.isDraining() ? draining() : undefined)
    if (problem === undefined) done()
    else refuse(accessLog, request.raw, reply, problem)
  })
  app.setNotFoundHandler((request, reply) =>
    refuse(accessLog, request.raw, reply, unroutable(request.originalUrl, request.method)),
  )
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error.statusCode === 400) {
      return refuse(
        accessLog,
        request.raw,
        reply,
        new Problem('bad-path', 'The path cannot be forwarded safely.'),
      )
    }
    options.onDefect(error)
    return refuse(
      accessLog,
      request.raw,
      reply,
      new Problem('internal-error', 'An unexpected error occurred.'),
    )
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
