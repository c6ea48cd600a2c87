import { type BaseUrl, saasAddress } from './base-url.ts'
import { type EgressProxies, egressProxyFor } from './egress.ts'
import { reaches } from './hosts.ts'
import {
  identityProvider,
  isSaas,
  oauthClient,
  oauthTemplate,
  otherAuth,
  strategyOf,
} from './resolve-auth.ts'
import { Secret } from './secrets.ts'
import type {
  ApiName,
  ApiSettings,
  AuthSettings,
  CallerAuthSettings,
  ClusterSettings,
  ConnectionSettings,
  IdentityProvider,
  TlsSettings,
} from './settings.ts'
import type { Work } from './work.ts'

type Auth = AuthSettings | CallerAuthSettings

const SELF_MANAGED_ADDRESS = 'http://localhost:8080'

/** What a cluster shares with the others of this process. */
export interface ClusterContext {
  proxies: EgressProxies
  /** Callers bring OAuth clients of their own. */
  callersAreClients: boolean
  /** Where this proxy itself listens, if that is known. */
  listener: { host: string; port: number } | undefined
}

/** Works the settings of one cluster out; undefined if something is wrong, which `work` then knows. */
export function resolveCluster(
  work: Work,
  name: string,
  context: ClusterContext,
): ClusterSettings | undefined {
  const strategy = context.callersAreClients ? 'OAUTH' : strategyOf(work)
  const provider = strategy === 'OAUTH' ? identityProvider(work) : undefined
  const address = clusterAddress(work, strategy === 'OAUTH' ? provider : 'other')
  if (address !== undefined) checkLoop(work, 'restAddress', new URL(address.origin), context)
  if (provider !== undefined && 'tokenUrl' in provider)
    checkLoop(work, 'oauthUrl', provider.tokenUrl, context)
  const tls = tlsOf(work, 'tls')
  const oauthTls = tlsOf(work, 'oauthTls')
  const auth = strategy && authOf(work, strategy, provider, address, context)
  if (address === undefined || auth === undefined || work.faults.length > 0) return undefined
  const connect = (url: URL, to: TlsSettings, http2: boolean): ConnectionSettings => {
    const proxy = egressProxyFor(url, context.proxies)
    return { tls: to, egressProxy: proxy === undefined ? undefined : Secret.ofValue(proxy), http2 }
  }
  const toCluster = (at: BaseUrl) => connect(new URL(at.origin), tls, work.raw.http2 ?? false)
  const main: ApiSettings = { address, auth, connection: toCluster(address) }
  const apis = new Map<ApiName, ApiSettings>([['v2', main]])
  for (const api of work.raw.apis ?? []) {
    const served = api in elsewhere ? ownApi(work, api as Elsewhere, auth, provider, toCluster) : main
    if (served !== undefined) apis.set(api, served)
  }
  if (work.faults.length > 0) return undefined
  const providerUrl = provider && ('issuer' in provider ? provider.issuer : provider.tokenUrl)
  return {
    name,
    apis,
    identityProvider: connect(
      providerUrl ?? new URL(address.origin),
      isEmpty(oauthTls) ? tls : oauthTls,
      false,
    ),
    scope: { readOnly: work.raw.readOnly ?? false, allow: work.raw.allow ?? [] },
  }
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

function ownApi(
  work: Work,
  api: Elsewhere,
  auth: Auth,
  provider: IdentityProvider | undefined,
  connect: (at: BaseUrl) => ConnectionSettings,
): ApiSettings | undefined {
  const [addressName, audienceName, saasAudience] = elsewhere[api]
  const given = work.raw[addressName]
  const address = given === undefined ? work.missing(addressName) : work.address(addressName, given)
  if (address === undefined) return undefined
  const audience =
    work.raw[audienceName] ?? (provider !== undefined && isSaas(provider) ? saasAudience : undefined)
  const client = api === 'administration' ? administrationClient(work) : {}
  const own = auth.strategy === 'OAUTH' ? { ...auth, ...client, audience } : auth
  return {
    address,
    auth: own.strategy === 'CALLER' ? { ...own, audience } : own,
    connection: connect(address),
  }
}

/** An organization's API client, if it is not the cluster's. */
function administrationClient(work: Work): object {
  const { administrationClientId: clientId } = work.raw
  if (clientId === undefined) return {}
  const secret = work.secret('administrationClientSecret') ?? work.missing('administrationClientSecret')
  return secret === undefined ? {} : { clientId, clientAuth: { method: 'client_secret_post', secret } }
}

function tlsOf(work: Work, prefix: 'tls' | 'oauthTls'): TlsSettings {
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

/** The proxy must not call itself. */
function checkLoop(
  work: Work,
  name: 'restAddress' | 'oauthUrl',
  url: URL,
  { listener }: ClusterContext,
): void {
  if (listener === undefined || work.isFaulty(name)) return
  const { host, port } = listener
  if (Number(url.port || (url.protocol === 'https:' ? 443 : 80)) !== port || !reaches(url.hostname, host))
    return
  work.fault(name, `another address than this proxy's own, ${host}:${port}; give the proxy another port`)
}
