import { type ApiName, apis } from '../config/apis.ts'
import type { BaseUrl } from '../config/base-url.ts'
import { type ApiSettings, type ClusterSettings, urlOf } from '../config/settings.ts'
import { claimsOf } from '../credentials/claims.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import type { ClusterStatus, CredentialState, CredentialStatus } from './status.ts'

/** The keeper of an API's credential, if there is one by now. */
export type FindKeeper = (cluster: ClusterSettings, api: ApiName) => CredentialKeeper | undefined

type Auth = ApiSettings['auth']

/** How a cluster and its credentials are; `base` is what callers put before `/v2`. */
export function clusterStatus(
  cluster: ClusterSettings,
  isDefault: boolean,
  base: string,
  find: FindKeeper,
): ClusterStatus {
  const credentials = new Map<unknown, CredentialStatus>()
  for (const [name, { address, auth }] of cluster.apis) {
    const keeper = find(cluster, name)
    const place = { name, at: apis[name].at, address: urlOfBase(address) }
    const key = keeper ?? auth
    const known = credentials.get(key)
    if (known === undefined) credentials.set(key, { apis: [place], ...credentialStatus(auth, keeper) })
    else known.apis.push(place)
  }
  const address = cluster.apis.get('v2')?.address
  return {
    name: cluster.name,
    isDefault,
    address: address === undefined ? '' : urlOfBase(address),
    base,
    readOnly: cluster.scope.readOnly,
    credentials: [...credentials.values()],
  }
}

function credentialStatus(auth: Auth, keeper: CredentialKeeper | undefined): Omit<CredentialStatus, 'apis'> {
  const who = described(auth)
  if (keeper === undefined) {
    const state = auth.strategy === 'CALLER' ? 'callers' : 'unused'
    return { ...who, state, usableForMs: 0, isTrying: false }
  }
  const { state, isIdle, lastFailure, fault, usableForMs, isTrying, ...rest } = keeper.report()
  const credential = keeper.peek()
  return {
    ...who,
    state: shownState(state, isIdle, isTrying, rest.lastAttempt !== undefined),
    usableForMs,
    isTrying,
    ...present(rest),
    ...present({
      lastFailure: lastFailure && fault && { code: lastFailure.code, message: lastFailure.message, fault },
      claims: credential && claimsOf(credential.headers),
    }),
  }
}

/** A keeper that nobody has asked is cold, too, but nothing is on its way. */
function shownState(
  state: CredentialState,
  isIdle: boolean,
  isTrying: boolean,
  hasTried: boolean,
): CredentialState {
  if (state === 'cold' && !isTrying && !hasTried) return 'unused'
  return isIdle && !isTrying && state !== 'draining' ? 'idle' : state
}

/** Who authenticates where, as far as it is no secret. */
function described(auth: Auth): Pick<CredentialStatus, 'strategy'> & Partial<CredentialStatus> {
  const { strategy } = auth
  if ('identityProvider' in auth) {
    const { audience, scope, identityProvider } = auth
    const provider = urlOf(identityProvider)
    const clientId = 'clientId' in auth ? auth.clientId : undefined
    return {
      strategy,
      ...present({ clientId, audience, scope, identityProvider: provider.origin + provider.pathname }),
    }
  }
  return { strategy, ...present({ user: 'username' in auth ? auth.username : undefined }) }
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Without what is undefined. */
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>
}

function urlOfBase({ origin, basePath }: BaseUrl): string {
  return origin + basePath
}
