import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ApiName, apis } from '../config/apis.ts'
import { isLoopback } from '../config/hosts.ts'
import { Problem } from '../errors.ts'
import { addGuard, type GatewayOptions } from './gateway.ts'
import { InForce, Rules, type RulesOptions } from './in-force.ts'
import { misreadable } from './misreadable.ts'
import { forward, refuse } from './proxy.ts'
import { isForwardable } from './scope.ts'

export interface MountOptions extends Omit<GatewayOptions, 'inForce' | 'drainMs' | 'onDrop'> {
  rules: Omit<RulesOptions, 'prefix' | 'peers'>
  /** The APIs that are served without a name of a cluster. */
  served: Iterable<ApiName>
  /** Whether there are clusters to be named. */
  hasNames: boolean
  /** Callers on other machines are known, or let in on purpose. */
  isOpen: boolean
}

/**
 * Forwards within a scope of somebody else's server: its hooks and parsers are for our routes alone. What the server
 * itself does to a request before it is routed (limits, parsing of the head, `rewriteUrl`) is its owner's business.
 */
export function mountGateway(scope: FastifyInstance, options: MountOptions): void {
  const rules = new Rules({ ...options.rules, prefix: scope.prefix })
  const proxy = { ...options, inForce: new InForce(rules) }
  scope.removeAllContentTypeParsers()
  // Reads nothing: the body is sent on as it comes.
  scope.addContentTypeParser('*', (_request, _body, done) => done(null))
  scope.addHook('onRequest', (request, reply, done) => {
    const unreadable = misreadable(request.raw)
    const problem = unreadable ?? (options.isOpen ? undefined : fromElsewhere(request))
    if (problem === undefined) done()
    else refuse(rules.accessLog, request, reply, problem, { close: unreadable !== undefined })
  })
  addGuard(scope, proxy)
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const target = rules.router.check(request.raw)
    if ('refusal' in target)
      refuse(rules.accessLog, request, reply, new Problem(target.refusal, target.detail))
    else forward(proxy, request, reply)
  }
  const method = scope.supportedMethods.filter(isForwardable)
  for (const url of paths(options)) scope.route({ method, url, handler, exposeHeadRoute: false })
}

function paths({ served, hasNames }: MountOptions): string[] {
  const roots = [...served].map((name) => apis[name].at.replace('/**', '').replace('{id}', ':id'))
  return [...roots.flatMap((root) => [root, `${root}/*`]), ...(hasNames ? ['/clusters/*'] : [])]
}

/** Nobody but programs of this machine may use the credential without a word about who they are. */
function fromElsewhere({ raw: { socket } }: FastifyRequest): Problem | undefined {
  // Without an address, it is the socket of a file system.
  const address = socket.localAddress?.replace(/^::ffff:/i, '')
  if (address === undefined || isLoopback(address)) return undefined
  return new Problem(
    'caller-not-authenticated',
    'The request came from beyond this machine, and no setting says who may call from there.',
  )
}
