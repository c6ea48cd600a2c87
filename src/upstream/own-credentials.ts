import type { ApiName } from '../config/apis.ts'
import type { ApiSettings, AuthSettings, ClusterSettings, ConnectionSettings } from '../config/settings.ts'
import { type ClientKeepers, clientsPrefix } from '../credentials/clients.ts'
import type { CredentialSource } from '../credentials/credential.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import type { Keepers } from '../credentials/keepers.ts'
import type { Pace } from '../credentials/pace.ts'
import type { Remembered } from '../credentials/remembering.ts'
import { credentialKeys, makeSource, rememberedBy } from '../credentials/sources.ts'
import { type Connections, connectionKey } from './connections.ts'
import type { Credentials } from './destinations.ts'

export interface OwnCredentialsOptions {
  clusters: ReadonlyMap<string, ClusterSettings>
  /** The cluster at `/v2`. */
  main: ClusterSettings
  connections: Connections
  keepers: Keepers
  clients: ClientKeepers
  makeKeeper(source: CredentialSource, pace: Pace, what: KeeperPurpose): CredentialKeeper
}

/** What a keeper is for. */
interface KeeperPurpose {
  /** The cluster that it was made for. */
  cluster: string
  api: ApiName
  strategy: AuthSettings['strategy']
  /** It is that of `/v2` itself, which the probes are about. */
  isMain: boolean
  /** It is not kept ready for the first caller: so is only the credential of `/v2`, and no login. */
  onlyIfUsed: boolean
  /** What its refusals are remembered by, if they are. */
  remembered: Remembered | undefined
}

const MAIN = 'v2'

/** The credentials that this process gets and keeps itself. */
export class OwnCredentials implements Credentials {
  readonly #options: OwnCredentialsOptions
  readonly #lookups = new Map<ApiSettings, (authorization: string | undefined) => CredentialKeeper>()

  constructor(options: OwnCredentialsOptions) {
    this.#options = options
  }

  keeperFor(cluster: ClusterSettings, api: ApiName): (authorization: string | undefined) => CredentialKeeper {
    const settings = cluster.apis.get(api) as ApiSettings // of those that it serves
    const known = this.#lookups.get(settings)
    if (known !== undefined) return known
    const lookup = this.#lookup(cluster, api, settings)
    this.#lookups.set(settings, lookup)
    return lookup
  }

  /** That of `/v2`; undefined where callers bring clients of their own. */
  get main(): CredentialKeeper | undefined {
    const { main } = this.#options
    if (main.apis.get(MAIN)?.auth.strategy === 'CALLER') return undefined
    return this.keeperFor(main, MAIN)(undefined)
  }

  /** The keeper of an API that was called before, without making use of it; undefined where callers are clients. */
  find(cluster: ClusterSettings, api: ApiName): CredentialKeeper | undefined {
    const { auth, connection } = cluster.apis.get(api) as ApiSettings // of those that it serves
    return auth.strategy === 'CALLER'
      ? undefined
      : this.#options.keepers.peek(keysOf(auth, cluster.identityProvider, connection).key)
  }

  /** Has that of `/v2` kept ready. */
  keepMainReady(): void {
    const onlyIfUsed = this.#options.main.apis.get(MAIN)?.auth.strategy === 'COOKIE'
    this.main?.serveAs({ onlyIfUsed, keepReady: true })
  }

  /** Has the keepers that are not for these clusters end, those that are still used at `whenUnused`. */
  retain(whenUnused: Promise<void>): void {
    const { clusters, keepers, main } = this.#options
    const keys = new Set<string>()
    const prefixes = new Set<string>()
    for (const { apis, identityProvider } of clusters.values()) {
      for (const { auth, connection } of apis.values()) {
        if (auth.strategy === 'CALLER') prefixes.add(clientsPrefix(auth, connectionKey(identityProvider)))
        else keys.add(keysOf(auth, identityProvider, connection).key)
      }
    }
    const isWanted = (key: string) => keys.has(key) || prefixes.has(key.slice(0, key.lastIndexOf(' ') + 1))
    const { auth, connection } = main.apis.get(MAIN) as ApiSettings // always served
    const kept = auth.strategy === 'CALLER' ? undefined : keysOf(auth, main.identityProvider, connection).key
    keepers.retain(isWanted, kept, whenUnused)
  }

  #lookup(cluster: ClusterSettings, api: ApiName, { auth, connection }: ApiSettings) {
    const { clients, connections } = this.#options
    const identityProvider = () => connections.to('identity provider', cluster.identityProvider)
    if (auth.strategy === 'CALLER')
      return clients.of(auth, identityProvider, connectionKey(cluster.identityProvider))
    const asked = {
      get cluster() {
        return connections.to('cluster', connection)
      },
      identityProvider,
    }
    const source = () => makeSource(auth, asked)
    return this.#ownKeeper(auth, cluster, api, connection, source)
  }

  /** Looks the keeper up at each use: that is how it stays among those that were used last. */
  #ownKeeper(
    auth: AuthSettings,
    { name: cluster, identityProvider }: ClusterSettings,
    api: ApiName,
    connection: ConnectionSettings,
    source: () => CredentialSource,
  ): () => CredentialKeeper {
    const { keepers, makeKeeper, main } = this.#options
    const isMain = api === MAIN && cluster === main.name
    const { strategy } = auth
    const { key, paceKey } = keysOf(auth, identityProvider, connection)
    const onlyIfUsed = !isMain || strategy === 'COOKIE'
    const remembered = rememberedBy(auth, key)
    const create = (pace: Pace) =>
      makeKeeper(source(), pace, { cluster, api, strategy, isMain, onlyIfUsed, remembered })
    return isMain ? () => keepers.keep(key, paceKey, create) : () => keepers.get(key, paceKey, create)
  }
}

/** As `credentialKeys`, of a credential that is asked for over one of these connections. */
export function keysOf(
  auth: AuthSettings,
  identityProvider: ConnectionSettings,
  connection: ConnectionSettings,
): { key: string; paceKey: string } {
  const asked: Partial<Record<AuthSettings['strategy'], ConnectionSettings>> = {
    OAUTH: identityProvider,
    COOKIE: connection,
  }
  return credentialKeys(auth, connectionKey(asked[auth.strategy]))
}
