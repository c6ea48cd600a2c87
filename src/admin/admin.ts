import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../errors.ts'
import { addPeerGate, type PeerGate } from '../gateway/peer-gate.ts'
import { writeProblem } from '../gateway/problem.ts'
import { makeServer } from '../gateway/server.ts'
import { type Health, livez, readyz, startupz } from './health.ts'
import { type Counted, metricsText } from './metrics.ts'
import type { StatusBoard } from './status-board.ts'
import { addStatus } from './status-routes.ts'

const DRAIN_MS = 1_000

/** Who may call. */
export interface AdminGuards {
  refusal(request: IncomingMessage): Problem | undefined
  peers: PeerGate | undefined
}

/** The listener for probes, metrics and the status page, behind the guards that are in force. Does not listen yet. */
export function buildAdmin(
  guards: () => AdminGuards,
  health: Health,
  counted: () => Promise<Counted>,
  board: StatusBoard | undefined,
): FastifyInstance {
  const app = makeServer({
    routable: (request) => request.url ?? '',
    drainMs: DRAIN_MS,
    onConnection: (socket) => guards().peers?.watch(socket),
  })
  const refuse = (request: FastifyRequest, reply: FastifyReply, problem: Problem, close = false) => {
    reply.hijack()
    writeProblem(request.raw, reply.raw, problem, { close })
  }
  const peersOf = () => guards().peers
  addPeerGate(app, peersOf, (request, reply, problem) => refuse(request, reply, problem, true))
  app.addHook('onRequest', (request, reply, done) => {
    const problem = guards().refusal(request.raw)
    if (problem !== undefined) return refuse(request, reply, problem)
    reply.header('x-content-type-options', 'nosniff').header('cross-origin-resource-policy', 'same-origin')
    done()
  })
  const probes = { '/startupz': startupz, '/livez': livez, '/readyz': readyz }
  for (const [url, probe] of Object.entries(probes)) {
    app.get(url, (_request, reply) => {
      const { ok, ...why } = probe(health)
      return reply
        .code(ok ? 200 : 503)
        .header('cache-control', 'no-store')
        .send({ ok, ...why })
    })
  }
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await metricsText(await counted())
    return reply.header('content-type', contentType).header('cache-control', 'no-store').send(text)
  })
  const pages = board === undefined ? [] : addStatus(app, board)
  const paths = [...Object.keys(probes), '/metrics', ...pages]
  app.setNotFoundHandler((request, reply) => {
    const detail = `The admin listener answers GET ${paths.join(', ')}.`
    refuse(request, reply, new Problem('path-not-allowed', detail))
  })
  return app
}
