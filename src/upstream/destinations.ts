import type { Dispatcher } from 'undici'
import type { ApiName } from '../config/apis.ts'
import type { BaseUrl } from '../config/base-url.ts'
import type { ApiSettings, AuthSettings, ClusterSettings, ConnectionSettings } from '../config/settings.ts'
import type { ClientKeepers } from '../credentials/clients.ts'
import type { Clock } from '../credentials/clock.ts'
import type { CredentialSource } from '../credentials/credential.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import type { Keepers } from '../credentials/keepers.ts'
import type { Pace } from '../credentials/pace.ts'
import { credentialKeys, makeSource } from '../credentials/sources.ts'
import { clusterDispatcher, identityProviderDispatcher, type RenewalNotices } from './dispatcher.ts'

/** Where requests to one API of one cluster go, over which connections, and with whose credential. */
export interface Destination {
  address: BaseUrl
  dispatcher: Dispatcher
  /** Answers carry cookies of a login that is ours. */
  hasSession: boolean
  /** The keeper for a request, by its `Authorization` where callers are clients of their own. @throws Problem */
  keeperFor(authorization: string | undefined): CredentialKeeper
}

export interface DestinationOptions {
  keepers: Keepers
  clients: ClientKeepers
  notices: RenewalNotices
  clock: Clock
  makeKeeper(source: CredentialSource, pace: Pace, what: KeeperPurpose): CredentialKeeper
}

/** What a keeper is for. */
interface KeeperPurpose {
  /** The cluster that it was made for. */
  cluster: string
  strategy: AuthSettings['strategy']
  /** It is that of `/v2` itself, which the probes are about. */
  isMain: boolean
  /** It is not kept ready for the first caller: so is only the credential of `/v2`, and no login. */
  onlyIfUsed: boolean
}

/** The destinations of this process, made when they are first used: those that nobody calls cost nothing. */
export class Destinations {
  readonly #clusters: ReadonlyMap<string, ClusterSettings>
  readonly #main: ClusterSettings
  readonly #options: DestinationOptions
  readonly #made = new Map<ApiSettings, Destination>()
  readonly #dispatchers = new Map<string, Dispatcher>()

  constructor(
    clusters: ReadonlyMap<string, ClusterSettings>,
    main: ClusterSettings,
    options: DestinationOptions,
  ) {
    this.#clusters = clusters
    this.#main = main
    this.#options = options
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
    const destination = this.#make(cluster, settings, api === 'v2' && cluster === this.#main)
    this.#made.set(settings, destination)
    return destination
  }

  /** Lets go of every connection at once. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.destroy()))
  }

  #make(cluster: ClusterSettings, { address, auth, connection }: ApiSettings, isMain: boolean): Destination {
    const dispatcher = this.#dispatcher('cluster', connection)
    const identityProvider = () => this.#dispatcher('identity provider', cluster.identityProvider)
    const { clients } = this.#options
    const keeperFor =
      auth.strategy === 'CALLER'
        ? clients.of(auth, identityProvider, connectionKey(cluster.identityProvider))
        : this.#ownKeeper(auth, cluster, connection, isMain, () =>
            makeSource(auth, { cluster: dispatcher, identityProvider }),
          )
    return { address, dispatcher, hasSession: auth.strategy === 'COOKIE', keeperFor }
  }

  /** Looks the keeper up at each use: that is how it stays among those that were used last. */
  #ownKeeper(
    auth: AuthSettings,
    { name: cluster, identityProvider }: ClusterSettings,
    connection: ConnectionSettings,
    isMain: boolean,
    source: () => CredentialSource,
  ): () => CredentialKeeper {
    const { keepers, makeKeeper } = this.#options
    const { strategy } = auth
    const asked: Partial<Record<typeof strategy, ConnectionSettings>> = {
      OAUTH: identityProvider,
      COOKIE: connection,
    }
    const { key, paceKey } = credentialKeys(auth, connectionKey(asked[strategy]))
    const onlyIfUsed = !isMain || strategy === 'COOKIE'
    const create = (pace: Pace) => makeKeeper(source(), pace, { cluster, strategy, isMain, onlyIfUsed })
    return isMain ? () => keepers.keep(key, paceKey, create) : () => keepers.get(key, paceKey, create)
  }

  /** Destinations that are reached alike share their connections. */
  #dispatcher(kind: 'cluster' | 'identity provider', settings: ConnectionSettings): Dispatcher {
    const key = kind + connectionKey(settings)
    const known = this.#dispatchers.get(key)
    if (known !== undefined) return known
    const make = kind === 'cluster' ? clusterDispatcher : identityProviderDispatcher
    const dispatcher = make(settings, this.#options.notices, { clock: this.#options.clock })
    this.#dispatchers.set(key, dispatcher)
    return dispatcher
  }
}

/** Equal for what is reached in the same way. */
function connectionKey(settings: ConnectionSettings | undefined): string {
  if (settings === undefined) return ''
  const { tls, egressProxy, http2 } = settings
  const parts = [tls.ca, tls.certificate, tls.key, tls.passphrase, egressProxy].map((part) => part?.id)
  return JSON.stringify([http2, ...parts])
}
