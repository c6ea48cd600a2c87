import type { IncomingMessage } from 'node:http'
import { type ApiName, apis, callerPath } from '../config/apis.ts'
import { DEFAULT_CLUSTER } from '../config/callers.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { Problem } from '../errors.ts'
import type { Destination, Destinations } from '../upstream/destinations.ts'
import type { WayBack } from '../upstream/headers.ts'
import type { CallerCheck } from './caller-check.ts'
import { methodOverride } from './method-override.ts'
import { compilePolicy, type Policy } from './policy.ts'
import { checkTarget, type Target } from './scope.ts'

/** Where a request goes, and what its answer is made to fit. */
export interface Route {
  destination: Destination
  /** Path and query below the base path of the destination. */
  url: string
  back: WayBack
}

/** A way through an API of a cluster: what every request on it has in common. */
interface Way {
  api: ApiName
  destination: Destination
  policy: Policy | undefined
  /** What callers files call the cluster. */
  names: readonly string[]
  back: WayBack
}

const TARGET = Symbol('target')

/** A request that remembers where it leads. */
interface Checked extends IncomingMessage {
  [TARGET]?: Exclude<Target, { refusal: unknown }>
}

/** Decides where requests go: once by their target, when it is read, and then by who may do what. */
export class Router {
  readonly #destinations: Destinations
  readonly #callerCheck: CallerCheck
  readonly #prefix: string
  readonly #ways = new Map<string, Way>()

  /** `prefix` is what callers put before everything, in a server that is somebody else's. */
  constructor(destinations: Destinations, callerCheck: CallerCheck, prefix = '') {
    this.#destinations = destinations
    this.#callerCheck = callerCheck
    this.#prefix = prefix
  }

  /** Checks the target of a request, and remembers where it leads. */
  check(request: IncomingMessage): Target {
    const target = this.target(request.url ?? '')
    if (!('refusal' in target)) (request as Checked)[TARGET] = target
    return target
  }

  /** Checks a target. */
  target(url: string): Target {
    const prefix = this.#prefix
    if (!url.startsWith(prefix))
      return {
        refusal: 'bad-path',
        detail: 'The path does not begin with its prefix as that is written here.',
      }
    return checkTarget(url.slice(prefix.length), (name) => this.#destinations.cluster(name)?.apis)
  }

  /** The route of a request whose target was checked. @throws Problem if its caller may not take it */
  route(request: IncomingMessage): Route {
    const target = (request as Checked)[TARGET]
    if (target === undefined) throw new Error('a request was routed whose target was not checked')
    const { url, cluster, api } = target
    const way = this.#way(cluster, api)
    const path = callerPath(api, url)
    const problem = this.#outOfScope(request, way, path) ?? this.#callerCheck(request, way.names, path)
    if (problem !== undefined) throw problem
    return { destination: way.destination, url, back: way.back }
  }

  #outOfScope(request: IncomingMessage, { policy, api }: Way, path: string): Problem | undefined {
    if (policy === undefined) return undefined
    const override = methodOverride(request.headers)
    if (override !== undefined) return override
    const code = policy(request.method ?? '', api, path)
    return code && new Problem(code, `${request.method} is not allowed on this path.`)
  }

  #way(name: string | undefined, api: ApiName): Way {
    const key = `${api} ${name ?? ''}`
    const known = this.#ways.get(key)
    if (known !== undefined) return known
    const way = this.#makeWay(name, api)
    this.#ways.set(key, way)
    return way
  }

  #makeWay(name: string | undefined, api: ApiName): Way {
    const cluster = this.#destinations.cluster(name) as ClusterSettings // the check found it
    const destination = this.#destinations.get(cluster, api) as Destination // it serves this API
    const { ownAddress, upstream } = apis[api]
    const mount =
      this.#prefix + (name === undefined ? '' : `/clusters/${name}`) + (ownAddress ? `/${api}` : '')
    const { address, hasSession } = destination
    const back = { address, mount, root: ownAddress ? upstream : undefined, hasSession }
    const names = name === undefined ? [DEFAULT_CLUSTER, cluster.name] : [name]
    const { readOnly, allow } = cluster.scope
    const policy = readOnly || allow.length > 0 ? compilePolicy(cluster.scope) : undefined
    return { api, destination, policy, names, back }
  }
}
