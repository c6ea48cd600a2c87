import type { IncomingMessage } from 'node:http'
import { type ApiName, apis, callerPath } from '../config/apis.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { Problem } from '../errors.ts'
import type { Destination, Destinations } from '../upstream/destinations.ts'
import type { WayBack } from '../upstream/headers.ts'
import type { CallerCheck } from './caller-check.ts'
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
  back: WayBack
}

/** Clients may ask for another method than that of the request line by these, and servers may obey. */
const METHOD_OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override']

/** Decides where requests go: once by their target, when it is read, and then by who may do what. */
export class Router {
  readonly #destinations: Destinations
  readonly #callerCheck: CallerCheck
  readonly #targets = new WeakMap<IncomingMessage, Exclude<Target, { refusal: unknown }>>()
  readonly #ways = new Map<string, Way>()

  constructor(destinations: Destinations, callerCheck: CallerCheck) {
    this.#destinations = destinations
    this.#callerCheck = callerCheck
  }

  /** Checks the target of a request, and remembers where it leads. */
  check(request: IncomingMessage): Target {
    const target = this.target(request.url ?? '')
    if (!('refusal' in target)) this.#targets.set(request, target)
    return target
  }

  /** Checks a target. */
  target(url: string): Target {
    return checkTarget(url, (name) => this.#destinations.cluster(name)?.apis)
  }

  /** The route of a request whose target was checked. @throws Problem if its caller may not take it */
  route(request: IncomingMessage): Route {
    const target = this.#targets.get(request)
    if (target === undefined) throw new Error('a request was routed whose target was not checked')
    const { url, cluster, api } = target
    const way = this.#way(cluster, api)
    const path = callerPath(api, url.split('?', 1)[0] ?? '')
    const problem = this.#outOfScope(request, way, path) ?? this.#callerCheck(request, cluster, path)
    if (problem !== undefined) throw problem
    return { destination: way.destination, url, back: way.back }
  }

  #outOfScope(request: IncomingMessage, { policy, api }: Way, path: string): Problem | undefined {
    if (policy === undefined) return undefined
    const override = METHOD_OVERRIDES.find((name) => request.headers[name] !== undefined)
    if (override !== undefined)
      return new Problem('not-in-scope', `The header ${override} could make another request of this one.`)
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
    const mount = (name === undefined ? '' : `/clusters/${name}`) + (apis[api].ownAddress ? `/${api}` : '')
    const back = { address: destination.address, mount, hasSession: destination.hasSession }
    const { readOnly, allow } = cluster.scope
    const policy = readOnly || allow.length > 0 ? compilePolicy(cluster.scope) : undefined
    return { api, destination, policy, back }
  }
}
