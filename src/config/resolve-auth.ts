import type { BaseUrl } from './base-url.ts'
import { isLoopback } from './hosts.ts'
import type { ClusterSettingName, RawCluster } from './schema.ts'
import { Secret } from './secrets.ts'
import type { AuthSettings, ClientAuth, IdentityProvider, OAuthSettings } from './settings.ts'
import { headerFault, parameterFault } from './token-request.ts'
import type { Work } from './work.ts'

type Strategy = NonNullable<RawCluster['authStrategy']>

/** What says that a method is meant, where `authStrategy` does not. */
const evidence: Record<Exclude<Strategy, 'NONE'>, readonly ClusterSettingName[]> = {
  OAUTH: [
    'clientId',
    'clientSecret',
    'clientSecretFile',
    'oauthIssuer',
    'oauthPrivateKey',
    'oauthPrivateKeyFile',
  ],
  COOKIE: ['cookieAuthUrl', 'cookieAuthUsername', 'cookieAuthPassword', 'cookieAuthPasswordFile'],
  BASIC: ['basicAuthUsername', 'basicAuthPassword', 'basicAuthPasswordFile'],
  BEARER: ['oauthToken', 'oauthTokenFile', 'tokenCommand'],
}

/** What is said of the proxy's own client. */
const CLIENT = evidence.OAUTH.filter((name) => name !== 'oauthIssuer').concat('administrationClientId')

const SAAS_LOGIN = /^login\.cloud(\.[\w-]+)*\.(camunda\.io|ultrawombat\.com)$/
const MINUTE = 60_000
/** The user that Camunda's own distributions come with, and its password. */
const DEMO_USER = 'demo'

/** Whether tokens come from Camunda's SaaS, where audiences have well-known names. */
export function isSaas(provider: IdentityProvider): boolean {
  return 'tokenUrl' in provider && SAAS_LOGIN.test(provider.tokenUrl.hostname)
}

/** Which method authenticates: the one that is named, else the one that something is given for. */
export function strategyOf(work: Work): Strategy | undefined {
  const methods = Object.keys(evidence) as (keyof typeof evidence)[]
  const given = methods.flatMap((method) => {
    const sign = evidence[method].find((name) => work.isGiven(name))
    return sign === undefined ? [] : [{ method, sign }]
  })
  const { authStrategy } = work.raw
  if (authStrategy !== undefined) {
    for (const { method, sign } of given) {
      if (method !== authStrategy) work.warn(`${sign} is not used, since authStrategy is ${authStrategy}`)
    }
    return authStrategy
  }
  if (work.isFaulty('authStrategy')) return undefined
  if (given.length > 1) {
    const all = given.map(({ method, sign }) => `${method} (${sign})`).join(' and ')
    return work.fault('authStrategy', `it to say which, since ${all} are given`)
  }
  const strategy = given[0]?.method ?? 'OAUTH'
  if (given.length === 0)
    work.warn(
      'nothing says how to authenticate, so OAUTH is taken; authStrategy can be COOKIE, BASIC, BEARER or NONE',
    )
  work.derive('authStrategy', strategy, given[0] === undefined ? 'default' : `from ${given[0].sign}`)
  return strategy
}

/** The same where each caller brings an OAuth client of its own: what is said of another is for nothing. */
export function strategyOfClients(work: Work): 'OAUTH' | undefined {
  const { authStrategy = 'OAUTH' } = work.raw
  const { OAUTH: _own, ...others } = evidence
  const unused = [...CLIENT, ...Object.values(others).flat()].filter((name) => work.isGiven(name))
  for (const name of unused) work.warn(`${name} is not used, since callers bring clients of their own`)
  if (authStrategy === 'OAUTH') return authStrategy
  return work.fault('authStrategy', 'OAUTH or nothing, since callers are OAuth clients of their own')
}

/** Where tokens come from: the issuer if one is given, else the token URL. */
export function identityProvider(work: Work): IdentityProvider | undefined {
  if (!work.isGiven('oauthIssuer')) {
    const tokenUrl = work.url('oauthUrl')
    return tokenUrl && { tokenUrl }
  }
  if (work.isGiven('oauthUrl')) return work.fault('oauthIssuer', 'either it or oauthUrl, not both')
  const issuer = work.url('oauthIssuer')
  return issuer && { issuer }
}

/** What OAuth needs beside the client itself. */
export function oauthTemplate(
  work: Work,
  provider: IdentityProvider,
): Omit<OAuthSettings, 'clientId' | 'clientAuth'> {
  const { raw } = work
  checkAdditions(work)
  return {
    identityProvider: provider,
    audience: audience(work, provider),
    scope: raw.oauthScope,
    resource: raw.oauthResource,
    parameters: raw.oauthParameters ?? {},
    headers: raw.oauthHeaders ?? {},
    lenient: raw.oauthLenient ?? false,
  }
}

/** What is set by a setting of its own, or belongs to the request itself, cannot be added. */
function checkAdditions(work: Work): void {
  const { oauthParameters = {}, oauthHeaders = {}, oauthClientAuth } = work.raw
  const isBasic = oauthClientAuth === 'client_secret_basic'
  const parameters = Object.keys(oauthParameters).map(parameterFault)
  const headers = Object.entries(oauthHeaders).map(([name, value]) => headerFault(name, value, isBasic))
  const [inParameters, inHeaders] = [parameters, headers].map((faults) =>
    faults.find((fault) => fault !== undefined),
  )
  if (inParameters !== undefined) work.fault('oauthParameters', inParameters)
  if (inHeaders !== undefined) work.fault('oauthHeaders', inHeaders)
}

function audience(work: Work, provider: IdentityProvider): string | undefined {
  const { tokenAudience } = work.raw
  if (tokenAudience !== undefined || !isSaas(provider)) return tokenAudience
  work.derive('tokenAudience', 'zeebe.camunda.io', 'default for SaaS')
  return 'zeebe.camunda.io'
}

/** The OAuth client: its id, and how it proves who it is. */
export function oauthClient(work: Work): Pick<OAuthSettings, 'clientId' | 'clientAuth'> | undefined {
  const clientId = work.raw.clientId ?? work.missing('clientId')
  const clientAuth = authOfClient(work)
  return clientId === undefined || clientAuth === undefined ? undefined : { clientId, clientAuth }
}

function authOfClient(work: Work): ClientAuth | undefined {
  const { oauthClientAuth: method = 'client_secret_post' } = work.raw
  if (method === 'tls_client_auth') return tlsClientAuth(work)
  if (method === 'private_key_jwt') return privateKeyJwt(work)
  const secret = work.secret('clientSecret') ?? work.missing('clientSecret')
  return secret && { method, secret }
}

function tlsClientAuth(work: Work): ClientAuth | undefined {
  const hasCertificate = (['oauthTlsCert', 'oauthTlsCertFile', 'tlsCert', 'tlsCertFile'] as const).some(
    (name) => work.isGiven(name),
  )
  return hasCertificate ? { method: 'tls_client_auth' } : work.missing('oauthTlsCert')
}

function privateKeyJwt(work: Work): ClientAuth | undefined {
  const key = work.secret('oauthPrivateKey') ?? work.missing('oauthPrivateKey')
  if (key === undefined) return undefined
  const { oauthKeyAlgorithm: algorithm, oauthKeyId: keyId } = work.raw
  return { method: 'private_key_jwt', key, algorithm, keyId, certificate: work.secret('oauthCertificate') }
}

/** The methods that need no identity provider. */
export const otherAuth: Record<
  Exclude<Strategy, 'OAUTH'>,
  (work: Work, cluster: BaseUrl) => AuthSettings | undefined
> = {
  NONE: () => ({ strategy: 'NONE' }),
  BASIC(work) {
    const username = work.raw.basicAuthUsername ?? work.missing('basicAuthUsername')
    const password = work.secret('basicAuthPassword') ?? work.missing('basicAuthPassword')
    // RFC 7617 section 2.
    if (username?.match(/[:\p{Cc}]/u))
      return work.fault('basicAuthUsername', 'a user name without colons and control characters')
    return username === undefined || password === undefined
      ? undefined
      : { strategy: 'BASIC', username, password }
  },
  BEARER(work) {
    const { tokenCommand: command } = work.raw
    const token = work.secret('oauthToken')
    if (token !== undefined && command !== undefined)
      return work.fault('tokenCommand', 'either it or oauthToken, not both')
    if (command !== undefined) return { strategy: 'BEARER', command }
    return token === undefined ? work.missing('oauthToken') : { strategy: 'BEARER', token }
  },
  COOKIE(work, cluster) {
    const loginUrl = work.url('cookieAuthUrl')
    if (work.isFaulty('cookieAuthUrl')) return undefined
    // Beyond this machine nobody should find out by accident that the demo user still has its password.
    const isLocal = isLoopback((loginUrl ?? new URL(cluster.origin)).hostname)
    const username = work.raw.cookieAuthUsername ?? demoDefault(work, 'cookieAuthUsername', isLocal)
    const password =
      work.secret('cookieAuthPassword') ??
      (isLocal && username === DEMO_USER && !work.isFaulty('cookieAuthPasswordFile')
        ? Secret.ofValue(DEMO_USER)
        : work.missing('cookieAuthPassword'))
    if (username === undefined || password === undefined) return undefined
    const idleMs = (work.raw.sessionIdleMinutes ?? 30) * MINUTE
    return { strategy: 'COOKIE', loginUrl, cluster, username, password, idleMs }
  },
}

function demoDefault(work: Work, name: 'cookieAuthUsername', isLocal: boolean): string | undefined {
  if (!isLocal) return work.missing(name)
  work.derive(name, DEMO_USER, 'default for a cluster on this machine')
  return DEMO_USER
}
