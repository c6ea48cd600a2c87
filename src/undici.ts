import type { Dispatcher } from 'undici'
import { type BaseUrl, parseBaseUrl } from './config/base-url.ts'
import { isLoopback } from './config/hosts.ts'
import { Secret } from './config/secrets.ts'
import type {
  ApiSettings,
  AuthSettings,
  ClusterSettings,
  ConnectionSettings,
  Settings,
} from './config/settings.ts'
import { systemClock } from './credentials/clock.ts'
import { CredentialKeeper, type KeeperEvent } from './credentials/keeper.ts'
import { Keepers } from './credentials/keepers.ts'
import { credentialKeys, makeSource } from './credentials/sources.ts'
import { Problem, SettingsError } from './errors.ts'
import { compilePolicy, type Policy } from './gateway/policy.ts'
import { checkTarget } from './gateway/scope.ts'
import { Connections, connectionKey } from './upstream/connections.ts'
import { dispatchAuthenticated, refuseDispatch } from './upstream/dispatch-authenticated.ts'

/** The credential for clients of undici and for `fetch`, without a proxy in between. */
export { type LoadedSettings, loadSettings } from './config/load.ts'
export type { Settings } from './config/settings.ts'
export { Problem, type ProblemCode, type SettingFault, SettingsError } from './errors.ts'

/** A client of an OAuth identity provider, and the cluster that its tokens are for. */
export interface OAuthClient {
  /** With or without `/v2`. */
  clusterUrl: string
  tokenUrl: string
  clientId: string
  clientSecret: string
  /** What the provider is told the token is for: `zeebe.camunda.io` with Camunda's SaaS. */
  audience?: string
  scope?: string
}

/** As `loadSettings` gives them, or an OAuth client. */
export type CamundaAuthOptions = { settings: Settings } | OAuthClient

/** An interceptor for undici's `compose`. */
export interface CamundaAuth {
  (dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch
  /** Ends the renewals and gives back what can be given back, as by a logout. Requests to the cluster then fail. */
  close(): Promise<void>
}

/** Where the credential goes. */
interface Target {
  address: BaseUrl
  keeper: CredentialKeeper
  policy: Policy
}

/** What there is to reach, and with what. */
interface Plan {
  clusters: readonly ClusterSettings[]
  maxReplayBytes: number
}

/** Of a body that comes as a stream, this much is kept for a second attempt where no settings say how much. */
const MAX_REPLAY_BYTES = 256 * 1024
const DIRECT: ConnectionSettings = {
  tls: { ca: undefined, certificate: undefined, key: undefined, passphrase: undefined },
  egressProxy: undefined,
  http2: false,
}

/**
 * Makes an interceptor that adds the credential to requests to `/v2/**` of the cluster, and to no others. It is got at
 * the first such request, renewed ahead of its end as long as it is used, and got anew once if the cluster answers 401.
 * Where none can be had, requests fail with a Problem that says why. Nothing of it keeps a program from ending.
 * @throws SettingsError if an address cannot be one, or a secret would go over plain http to another machine
 */
export function camundaAuth(options: CamundaAuthOptions): CamundaAuth {
  const { clusters, maxReplayBytes } =
    'settings' in options ? ofSettings(options.settings) : ofClient(options)
  const connections = new Connections({ onRenewed() {}, onRenewalFailed: warn }, systemClock())
  const keepers = new Keepers()
  const targets = clusters.map((cluster) => makeTarget(cluster, connections, keepers))
  const interceptor =
    (dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch =>
    (request, handler) => {
      const target = targets.find(({ address }) => isBelow(request, address))
      if (target === undefined) return dispatch(request, handler)
      const { keeper, policy } = target
      const code = policy(request.method, 'v2', pathBelow(request, target.address))
      return code === undefined
        ? dispatchAuthenticated(dispatch, request, handler, { keeper, maxReplayBytes })
        : refuseDispatch(handler, new Problem(code, `${request.method} is not allowed on this path.`))
    }
  return Object.assign(interceptor, {
    async close() {
      await keepers.close()
      await connections.destroy()
    },
  })
}

/** Those whose address is longest first: one may lie below another. */
function ofSettings({ clusters, defaultCluster, maxReplayBytes, callersAreClients }: Settings): Plan {
  if (callersAreClients) throw unusable('callerAuth', 'not to be set: there are no callers here')
  const length = ({ apis }: ClusterSettings) => apis.get('v2')?.address.basePath.length ?? 0
  const all = [...new Set([defaultCluster, ...clusters.values()])]
  return { clusters: all.sort((a, b) => length(b) - length(a)), maxReplayBytes }
}

function ofClient({ clusterUrl, tokenUrl, clientId, clientSecret, audience, scope }: OAuthClient): Plan {
  const address = parseBaseUrl(clusterUrl)
  if (typeof address === 'string') throw unusable('clusterUrl', address)
  if (!URL.canParse(tokenUrl)) throw unusable('tokenUrl', 'a URL')
  checkPlainHttp('clusterUrl', new URL(address.origin))
  checkPlainHttp('tokenUrl', new URL(tokenUrl))
  const auth: AuthSettings = {
    strategy: 'OAUTH',
    identityProvider: { tokenUrl: new URL(tokenUrl) },
    clientId,
    clientAuth: { method: 'client_secret_post', secret: Secret.ofValue(clientSecret) },
    audience,
    scope,
    resource: undefined,
    parameters: {},
    headers: {},
    lenient: false,
  }
  const cluster: ClusterSettings = {
    name: 'default',
    apis: new Map([['v2', { address, auth, connection: DIRECT }]]),
    identityProvider: DIRECT,
    scope: { readOnly: false, allow: [] },
  }
  return { clusters: [cluster], maxReplayBytes: MAX_REPLAY_BYTES }
}

function checkPlainHttp(setting: string, { protocol, hostname }: URL): void {
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return
  throw unusable(setting, 'https, or http to this machine: the credential would travel in the clear')
}

function unusable(setting: string, expected: string): SettingsError {
  return new SettingsError([{ setting, source: 'the options of camundaAuth', expected }])
}

function makeTarget(cluster: ClusterSettings, connections: Connections, keepers: Keepers): Target {
  const { address, auth: given, connection } = cluster.apis.get('v2') as ApiSettings // every cluster serves it
  const auth = given as AuthSettings // no callers bring theirs
  const asked = auth.strategy === 'COOKIE' ? connection : cluster.identityProvider
  const { key, paceKey } = credentialKeys(auth, connectionKey(asked))
  const source = () =>
    makeSource(auth, {
      get cluster() {
        return connections.to('cluster', connection)
      },
      identityProvider: () => connections.to('identity provider', cluster.identityProvider),
    })
  const keeper = keepers.keep(key, paceKey, (pace) => {
    const onEvent = warnOf(address)
    const options = { clock: systemClock(), random: Math.random, onEvent, onlyIfUsed: true }
    return new CredentialKeeper({ ...options, source: source(), pace })
  })
  return { address, keeper, policy: compilePolicy(cluster.scope) }
}

/** Whether a request goes to `/v2/**` of this cluster, however its path may be read there. */
function isBelow(request: Dispatcher.DispatchOptions, address: BaseUrl): boolean {
  const { origin, path, upgrade } = request
  // Nearly all that is not for the cluster is told by this.
  if (upgrade || originOf(origin) !== address.origin || !path.startsWith(address.basePath)) return false
  return !('refusal' in checkTarget(pathBelow(request, address)))
}

function pathBelow({ path }: Dispatcher.DispatchOptions, { basePath }: BaseUrl): string {
  return path.slice(basePath.length)
}

function originOf(origin: string | URL | undefined): string | undefined {
  if (origin instanceof URL) return origin.origin
  return origin !== undefined && URL.canParse(origin) ? new URL(origin).origin : undefined
}

/** Tells of what no request fails with, or not yet. */
function warnOf({ origin }: BaseUrl): (event: KeeperEvent) => void {
  return (event) => {
    if (event.type === 'failed' && event.usableForMs > 0)
      warn(`The credential for ${origin} could not be renewed yet. ${event.failure.message}`)
    if (event.type === 'rejected')
      warn(`${origin} refuses even a fresh credential: check audience and permissions; 401s are passed on.`)
  }
}

/** A library has no log of its own, but its program has standard error. */
function warn(message: string): void {
  process.emitWarning(message, { type: 'CamundaAuthWarning' })
}
