import type { ApiName } from './apis.ts'
import { type BaseUrl, saasAddress } from './base-url.ts'
import { checkSigningKey, checkTls, type TlsPrefix } from './check-keys.ts'
import { isLoopback, reaches } from './hosts.ts'
import {
  identityProvider,
  isSaas,
  oauthClient,
  oauthTemplate,
  otherAuth,
  strategyOf,
  strategyOfClients,
} from './resolve-auth.ts'
import { parseRule } from './rules.ts'
import { Secret } from './secrets.ts'
import {
  type ApiSettings,
  type AuthSettings,
  type CallerAuthSettings,
  type ClusterSettings,
  type ConnectionSettings,
  type IdentityProvider,
  type ScopePolicy,
  type TlsSettings,
  urlOf,
} from './settings.ts'
import type { Work } from './work.ts'

type Auth = AuthSettings | CallerAuthSettings

const SELF_MANAGED_ADDRESS = 'http://localhost:8080'

/** What a cluster shares with the others of this process. */
export interface ClusterContext {
  /** The egress proxy on the way to a URL; undefined: none, or none that can be used, which is then known. */
  egressProxyFor(url: URL): string | undefined
  /** Callers bring OAuth clients of their own. */
  callersAreClients: boolean
  /** Where this proxy itself listens, if that is known. */
  listener: { host: string; port: number } | undefined
}

/** What was worked out so far. */
interface Parts {
  address: BaseUrl
  auth: Auth
  provider: IdentityProvider | undefined
  tls: TlsSettings
}

/** Works the settings of one cluster out; undefined if something is wrong, which `work` then knows. */
export async function resolveCluster(
  work: Work,
  name: string,
  context: ClusterContext,
): Promise<ClusterSettings | undefined> {
  const strategy = context.callersAreClients ? strategyOfClients(work) : strategyOf(work)
  const provider = strategy === 'OAUTH' ? identityProvider(work) : undefined
  const address = clusterAddress(work, strategy === 'OAUTH' ? provider : strategy && 'other')
  checkLoops(work, address, provider, context)
  if (address !== undefined) context.egressProxyFor(new URL(address.origin))
  if (provider !== undefined) context.egressProxyFor(urlOf(provider))
  const scope = scopeOf(work)
  const tls = tlsOf(work, 'tls')
  const oauthTls = tlsOf(work, 'oauthTls')
  const auth = strategy && authOf(work, strategy, provider, address, context)
  if (address === undefined || auth === undefined || work.faults.length > 0) return undefined
  await checkKeys(work, auth, tls, oauthTls)
  const apis = apisOf(work, { address, auth, provider, tls }, context)
  if (work.faults.length > 0) return undefined
  const providerTls = isEmpty(oauthTls) ? tls : oauthTls
  const providerUrl = provider === undefined ? new URL(address.origin) : urlOf(provider)
  const providerConnection = connection(providerUrl, providerTls, false, context)
  return { name, apis, identityProvider: providerConnection, scope }
}

/** Another method would be ignored, and NONE would also lift the ban on plain http from what callers send. */
function connection(
  url: URL,
  tls: TlsSettings,
  http2: boolean,
  { egressProxyFor }: ClusterContext,
): ConnectionSettings {
  const proxy = egressProxyFor(url)
  return { tls, egressProxy: proxy === undefined ? undefined : Secret.ofValue(proxy), http2 }
}

async function checkKeys(work: Work, auth: Auth, tls: TlsSettings, oauthTls: TlsSettings): Promise<void> {
  const now = Date.now()
  await checkTls(work, 'tls', tls, now)
  await checkTls(work, 'oauthTls', oauthTls, now)
  if (auth.strategy === 'OAUTH') await checkSigningKey(work, auth.clientAuth, now)
}

/** As given, else by region and id, else the default of Self-Managed. */
function clusterAddress(work: Work, provider: IdentityProvider | 'other' | undefined): BaseUrl | undefined {
  const { restAddress, clusterRegion, clusterId } = work.raw
  if (restAddress !== undefined) return work.address('restAddress', restAddress)
  if (work.isFaulty('restAddress')) return undefined
  if (clusterRegion !== undefined && clusterId !== undefined) {
    const address = saasAddress(clusterRegion, clusterId)
    work.derive('restAddress', address, 'from clusterRegion and clusterId')
    return work.address('clusterRegion', address)
  }
  if (clusterRegion !== undefined) return work.missing('clusterId')
  if (clusterId !== undefined) return work.missing('clusterRegion')
  if (provider === undefined) return undefined
  if (provider !== 'other' && isSaas(provider)) return work.missing('restAddress')
  work.derive('restAddress', SELF_MANAGED_ADDRESS, 'default for Self-Managed')
  return work.address('restAddress', SELF_MANAGED_ADDRESS)
}

function authOf(
  work: Work,
  strategy: AuthSettings['strategy'],
  provider: IdentityProvider | undefined,
  address: BaseUrl | undefined,
  context: ClusterContext,
): Auth | undefined {
  if (strategy !== 'OAUTH') return address && otherAuth[strategy](work, address)
  const client = context.callersAreClients ? undefined : oauthClient(work)
  if (provider === undefined) return undefined
  const template = oauthTemplate(work, provider)
  if (!context.callersAreClients) return client && { strategy: 'OAUTH', ...client, ...template }
  const method = work.raw.oauthClientAuth ?? 'client_secret_post'
  if (method === 'private_key_jwt' || method === 'tls_client_auth')
    return work.fault(
      'oauthClientAuth',
      'client_secret_post or client_secret_basic, since callers send secrets',
    )
  return { strategy: 'CALLER', method, ...template }
}

type Elsewhere = keyof typeof elsewhere

/** APIs with an address and an audience of their own. */
const elsewhere = {
  operate: ['operateAddress', 'operateAudience', 'operate.camunda.io'],
  tasklist: ['tasklistAddress', 'tasklistAudience', 'tasklist.camunda.io'],
  optimize: ['optimizeAddress', 'optimizeAudience', 'optimize.camunda.io'],
  administration: ['administrationAddress', 'administrationAudience', 'api.cloud.camunda.io'],
} as const

function isElsewhere(api: ApiName): api is Elsewhere {
  return api in elsewhere
}

function apisOf(work: Work, parts: Parts, context: ClusterContext): ReadonlyMap<ApiName, ApiSettings> {
  const { address, auth, tls } = parts
  const at = (base: BaseUrl) => connection(new URL(base.origin), tls, work.raw.http2 ?? false, context)
  const main: ApiSettings = { address, auth, connection: at(address) }
  const apis = new Map<ApiName, ApiSettings>([['v2', main]])
  for (const api of work.raw.apis ?? []) {
    const own = isElsewhere(api) ? ownApi(work, api, parts) : main
    if (own !== undefined) apis.set(api, { ...own, connection: at(own.address) })
  }
  return apis
}

function ownApi(
  work: Work,
  api: Elsewhere,
  { auth, provider }: Parts,
): Omit<ApiSettings, 'connection'> | undefined {
  const [addressName, audienceName, saasAudience] = elsewhere[api]
  const given = work.raw[addressName]
  const address = given === undefined ? work.missing(addressName) : work.address(addressName, given)
  if (address === undefined) return undefined
  const fromSaas = provider !== undefined && isSaas(provider)
  // What has a default is Camunda's own, and not for what was got elsewhere.
  if (!fromSaas && !work.isGiven(addressName)) return work.missing(addressName)
  // A session is for where it was begun, and its cookies are for nobody else.
  if (auth.strategy === 'COOKIE') return cookieApi(work, address, auth)
  if (auth.strategy !== 'OAUTH' && auth.strategy !== 'CALLER') return { address, auth }
  const audience = work.raw[audienceName] ?? (fromSaas ? saasAudience : undefined)
  if (auth.strategy === 'CALLER') return { address, auth: { ...auth, audience } }
  const client = api === 'administration' ? administrationClient(work) : {}
  return { address, auth: { ...auth, ...client, audience } }
}

function cookieApi(
  work: Work,
  address: BaseUrl,
  auth: Extract<AuthSettings, { strategy: 'COOKIE' }>,
): Omit<ApiSettings, 'connection'> | undefined {
  const isGiven = work.isGiven('cookieAuthPassword') || work.isGiven('cookieAuthPasswordFile')
  // The demo user's password is for this machine.
  if (!isGiven && !isLoopback(new URL(address.origin).hostname)) return work.missing('cookieAuthPassword')
  return { address, auth: { ...auth, cluster: address } }
}

/** An organization's API client, if it is not the cluster's. */
function administrationClient(work: Work): object {
  const { administrationClientId: clientId } = work.raw
  if (clientId === undefined) return {}
  const secret = work.secret('administrationClientSecret') ?? work.missing('administrationClientSecret')
  return secret === undefined ? {} : { clientId, clientAuth: { method: 'client_secret_post', secret } }
}

function tlsOf(work: Work, prefix: TlsPrefix): TlsSettings {
  const tls = {
    ca: work.secret(`${prefix}Ca`),
    certificate: work.secret(`${prefix}Cert`),
    key: work.secret(`${prefix}Key`),
    passphrase: work.secret(`${prefix}KeyPassphrase`),
  }
  if (tls.certificate !== undefined && tls.key === undefined) work.missing(`${prefix}Key`)
  if (tls.key !== undefined && tls.certificate === undefined) work.missing(`${prefix}Cert`)
  return tls
}

function isEmpty(tls: TlsSettings): boolean {
  return Object.values(tls).every((part) => part === undefined)
}

function scopeOf(work: Work): ScopePolicy {
  const { readOnly = false, allow = [] } = work.raw
  const fault = allow.map(parseRule).find((rule) => typeof rule === 'string')
  if (typeof fault === 'string') work.fault('allow', fault)
  return { readOnly, allow }
}

/** The proxy must not call itself. */
function checkLoops(
  work: Work,
  address: BaseUrl | undefined,
  provider: IdentityProvider | undefined,
  { listener }: ClusterContext,
): void {
  if (listener === undefined) return
  const { host, port } = listener
  const check = (name: 'restAddress' | 'oauthUrl' | 'oauthIssuer', url: URL) => {
    const itsPort = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    if (itsPort === port && reaches(url.hostname, host) && !work.isFaulty(name))
      work.fault(name, `another address than this proxy's own, ${host}:${port}; give the proxy another port`)
  }
  if (address !== undefined) check('restAddress', new URL(address.origin))
  if (provider !== undefined) check('issuer' in provider ? 'oauthIssuer' : 'oauthUrl', urlOf(provider))
}
