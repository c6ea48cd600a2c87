import type { Dispatcher } from 'undici'
import type { ApiName } from '../config/apis.ts'
import type { BaseUrl } from '../config/base-url.ts'
import type { ApiSettings, ClusterSettings } from '../config/settings.ts'
import type { Keeper } from '../credentials/credential.ts'
import type { Connections } from './connections.ts'

/** Where requests to one API of one cluster go, over which connections, and with whose credential. */
export interface Destination {
  address: BaseUrl
  dispatcher: Dispatcher
  /** Answers carry cookies of a login that is ours. */
  hasSession: boolean
  /** The `Authorization` of requests is that of callers' own clients, and is used. */
  callersAreClients: boolean
  /** The keeper for a request, by its `Authorization` where callers are clients of their own. @throws Problem */
  keeperFor(authorization: string | undefined): Keeper
}

/** Whose credentials requests carry: those of this process, or of the one that it works for. */
export interface Credentials {
  /** The look-up for an API that the cluster serves. It throws a Problem where there is no keeper. */
  keeperFor(cluster: ClusterSettings, api: ApiName): (authorization: string | undefined) => Keeper
}

/** The destinations of this process, made when they are first used: those that nobody calls cost nothing. */
export class Destinations {
  readonly #clusters: ReadonlyMap<string, ClusterSettings>
  readonly #main: ClusterSettings
  readonly #connections: Connections
  readonly #credentials: Credentials
  readonly #made = new Map<ApiSettings, Destination>()

  constructor(
    clusters: ReadonlyMap<string, ClusterSettings>,
    main: ClusterSettings,
    options: { connections: Connections; credentials: Credentials },
  ) {
    this.#clusters = clusters
    this.#main = main
    this.#connections = options.connections
    this.#credentials = options.credentials
  }

  /** The settings of a cluster; undefined if there is none of this name. Without a name, the one at `/v2`. */
  cluster(name: string | undefined): ClusterSettings | undefined {
    return name === undefined ? this.#main : this.#clusters.get(name)
  }

  /** The destination of an API that the cluster serves. */
  get(cluster: ClusterSettings, api: ApiName): Destination | undefined {
    const settings = cluster.apis.get(api)
    if (settings === undefined) return undefined
    const known = this.#made.get(settings)
    if (known !== undefined) return known
    const { address, auth, connection } = settings
    const destination = {
      address,
      dispatcher: this.#connections.to('cluster', connection),
      hasSession: auth.strategy === 'COOKIE',
      callersAreClients: auth.strategy === 'CALLER',
      keeperFor: this.#credentials.keeperFor(cluster, api),
    }
    this.#made.set(settings, destination)
    return destination
  }
}
