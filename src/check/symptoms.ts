import type { AcquireFailure } from '../credentials/credential.ts'
import { type Diagnosis, type DiagnosisCode, diagnose } from './diagnoses.ts'
import { MAX_OFFSET_MS } from './exchanges.ts'

/** From what was seen to what is most likely wrong. Pure. */

/** Hosts of clusters, which have a region in their names: that of the login is not one. */
const SAAS = /^(?!login\.).*\.camunda\.io$/i
const EGRESS = [
  'egress-proxy-credentials',
  'egress-proxy-refused',
  'egress-proxy-unreachable',
  'egress-proxy-unusable',
  'tls-unusable',
] as const satisfies readonly DiagnosisCode[]

const CONNECTION: readonly [RegExp, DiagnosisCode][] = [
  [/^(ENOTFOUND|EAI_NONAME|ENODATA)$/, 'name-not-found'],
  [/^EAI_|^(ESERVFAIL|ETIMEOUT)$/, 'name-service-failed'],
  [/^ECONNREFUSED$/, 'connection-refused'],
  [/TIMEOUT|^ETIMEDOUT$|^TimeoutError$/, 'timed-out'],
  [/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/, 'no-tls'],
  [/_ALERT_(?:\w*CERT|UNKNOWN_CA|ACCESS_DENIED)/, 'client-certificate-wanted'],
  [/SSL|TLS/, 'tls-failed'],
]

/** Why no connection came about, by the code of the error. */
export function connectionDiagnosis(code: string, host: string): Diagnosis {
  const own = EGRESS.find((known) => known === code)
  if (own !== undefined) return diagnose(own, { host })
  const found = CONNECTION.find(([codes]) => codes.test(code))?.[1] ?? 'unreachable'
  return diagnose(found === 'name-not-found' && SAAS.test(hostname(host)) ? 'wrong-region' : found, { host })
}

function hostname(host: string): string {
  return host.replace(/:\d+$/, '')
}

const CERTIFICATE: Readonly<Record<string, DiagnosisCode>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-unknown-issuer',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-wrong-host',
}

/** Why a certificate is not accepted, by the code of its verification. */
export function certificateDiagnosis(
  code: string,
  values: { host: string; issuer: string; names: string },
): Diagnosis {
  return diagnose(CERTIFICATE[code] ?? 'tls-failed', values)
}

/** What is known of the attempt that failed. */
export interface AttemptFacts {
  host: string
  /** The path of the token URL. */
  path: string
  /** What is odd about the secret. */
  shape?: { what: string; fault: string } | undefined
  /** How far the clock of who was asked is from ours, in milliseconds. */
  offsetMs?: number | undefined
  /** The client proves itself by what holds the time. */
  signs: boolean
}

/** By the words of Entra ID, which tell more than the code. */
const ENTRA: readonly [RegExp, DiagnosisCode][] = [
  [/AADSTS(7000215|7000222|7000216)\b/, 'wrong-secret'],
  [/AADSTS700016\b/, 'unknown-client'],
  [/AADSTS(500011|70011|1002012|650057|28002|28003)\b/, 'unknown-audience'],
  [/AADSTS(90002|900023|900021)\b/, 'unknown-tenant'],
  [/AADSTS(700027|700024)\b/, 'client-refused'],
]

const REFUSALS: readonly [RegExp, DiagnosisCode][] = [
  [/^invalid_client$/, 'client-refused'],
  [/^unauthorized_client$/, 'client-not-allowed'],
  [/^(invalid_scope|invalid_target|invalid_resource|access_denied)$/, 'unknown-audience'],
  [/^wrong-password$/, 'login-refused'],
  [/^(no-login-page|no-cookie)$/, 'no-login-page'],
  [/^(discovery-)?http-429$/, 'rate-limited'],
  [/^(discovery-)?http-(5\d\d|408)$/, 'provider-failed'],
  [/^discovery-(http-\d+|malformed)$/, 'token-url-wrong'],
  [/^http-(404|405|410|3\d\d)$/, 'token-url-wrong'],
  [/^malformed$/, 'provider-failed'],
  [/-unreadable$|^secret-unusable$|^key-|^basic-malformed$/, 'secret-unreadable'],
  [/^command-/, 'command-failed'],
  [/^token-/, 'token-unusable'],
]

/** Why no credential came. */
export function credentialDiagnosis(
  { code, message, retryAfterMs }: AcquireFailure,
  facts: AttemptFacts,
): Diagnosis {
  const { host, path } = facts
  const network = networkCode(code, message)
  if (network !== undefined) return connectionDiagnosis(network, host)
  const found =
    ENTRA.find(([words]) => words.test(message))?.[1] ??
    byWords(code, message) ??
    REFUSALS.find(([codes]) => codes.test(code))?.[1] ??
    'credential-failed'
  if (SHAPED.has(found) && facts.shape !== undefined) return diagnose('secret-shape', facts.shape)
  if (facts.signs && SHAPED.has(found) && isOff(facts.offsetMs)) return clockDiagnosis(host, facts.offsetMs)
  if (found === 'token-url-wrong' && code === 'http-404' && path.includes('/realms/'))
    return diagnose('keycloak-realm', {
      host,
      prefix: path.startsWith('/auth/')
        ? 'without the /auth at the beginning of its path'
        : 'with /auth before /realms',
    })
  const wait = retryAfterMs === undefined ? '' : `, and wants ${Math.ceil(retryAfterMs / 1_000)} s of pause`
  return diagnose(found, { host, wait })
}

/** Where what the secret looks like is the likelier reason. */
const SHAPED = new Set<DiagnosisCode>(['client-refused', 'wrong-secret', 'login-refused'])

/** Keycloak and others say in words what they do not say in codes. */
function byWords(code: string, message: string): DiagnosisCode | undefined {
  if (
    code === 'unauthorized_client' &&
    /Invalid client (secret|or Invalid client credentials)/i.test(message)
  )
    return 'client-refused'
  if (code === 'invalid_client' && /client not found|unknown client/i.test(message)) return 'unknown-client'
  if (
    /audience|service not found/i.test(message) &&
    /^(access_denied|invalid_request|invalid_client)$/.test(code)
  )
    return 'unknown-audience'
  return undefined
}

/** The code of what happened on the way, which the source has put in brackets. */
function networkCode(code: string, message: string): string | undefined {
  const kind = code.replace(/^discovery-/, '')
  if (kind === 'timeout') return 'ETIMEDOUT'
  if (kind === 'egress') return egressCode(message)
  return kind === 'network' || kind === 'tls'
    ? (/\(([A-Z][A-Z0-9_]+)\)/.exec(message)?.[1] ?? kind)
    : undefined
}

function egressCode(message: string): DiagnosisCode {
  if (/status 407/.test(message)) return 'egress-proxy-credentials'
  if (/does not lead to/.test(message)) return 'egress-proxy-refused'
  if (/The URL of the egress proxy/.test(message)) return 'egress-proxy-unusable'
  return /egress proxy/.test(message) ? 'egress-proxy-unreachable' : 'tls-unusable'
}

export function isOff(offsetMs: number | undefined): offsetMs is number {
  return offsetMs !== undefined && Math.abs(offsetMs) > MAX_OFFSET_MS
}

export function clockDiagnosis(host: string, offsetMs: number): Diagnosis {
  return diagnose('clock-off', { host, seconds: String(Math.round(Math.abs(offsetMs) / 1_000)) })
}

/** The answer of a cluster, and what is known of what was asked. */
export interface AnswerFacts {
  host: string
  path: string
  status: number
  contentType: string
  location: string | undefined
  /** What `Retry-After` wants, in seconds. */
  waitS?: number | undefined
  /** Without a slash at its end. */
  basePath: string
  /** The token is a JWT for these. */
  aud: readonly string[] | undefined
  /** It was fetched a moment ago. */
  isFresh: boolean
  /** The greatest distance between the clocks of provider, cluster and this machine, in milliseconds. */
  offsetMs: number | undefined
  /** The secret that was sent as it is, as Basic authentication does, and what is odd about it. */
  shape?: { what: string; fault: string } | undefined
  what?: string
  resource?: string
}

/** Why a cluster did not answer as one should; undefined if it did. */
export function answerDiagnosis(facts: AnswerFacts): Diagnosis | undefined {
  const { host, path, status } = facts
  const isApi = /json/.test(facts.contentType)
  const text = { host, path, status: String(status) }
  if (status < 300) return isApi ? undefined : diagnose('web-application', text)
  if (status < 400) return redirected(facts, text)
  if (status >= 500) return diagnose('cluster-failed', text)
  return byStatus[status]?.(facts, isApi) ?? diagnose('answer-unusable', text)
}

type ByStatus = (facts: AnswerFacts, isApi: boolean) => Diagnosis

const byStatus: Readonly<Record<number, ByStatus>> = {
  401: refused,
  403: forbidden,
  404: absent,
  405: absent,
  429: ({ host, waitS }) =>
    diagnose('rate-limited', { host, wait: waitS === undefined ? '' : `, and wants ${waitS} s of pause` }),
}

function absent({ host, path, basePath }: AnswerFacts): Diagnosis {
  if (/\/v[12](\/|$)/.test(basePath)) return diagnose('v2-twice')
  return diagnose(SAAS.test(hostname(host)) ? 'wrong-region' : 'wrong-address', { host, path })
}

function redirected({ location, host, path }: AnswerFacts, text: Record<string, string>): Diagnosis {
  const here = `http://${host}${path}`
  const target = location !== undefined && URL.canParse(location, here) ? new URL(location, here) : undefined
  const isSame = target?.pathname === path && target.protocol === 'https:'
  return diagnose(isSame ? 'https-wanted' : 'web-application', text)
}

function refused({ host, aud, isFresh, offsetMs, shape }: AnswerFacts): Diagnosis {
  if (shape !== undefined) return diagnose('secret-shape', shape)
  if (isOff(offsetMs)) return clockDiagnosis(host, offsetMs)
  if (aud === undefined || !isFresh) return diagnose('credential-not-taken', { host })
  return diagnose('wrong-audience', { host, actual: aud.join(', ') || 'nobody' })
}

/** A cluster says no in JSON; what stands in front of it does not. */
function forbidden({ host, what = 'do this', resource = '' }: AnswerFacts, isApi: boolean): Diagnosis {
  return isApi
    ? diagnose('not-authorized', { host, what, resource })
    : diagnose('address-not-allowed', { host })
}
