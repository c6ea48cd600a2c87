import { ResponseBodyError, WWWAuthenticateChallengeError } from 'openid-client'
import { egressFault } from '../config/egress-error.ts'
import { scrub } from '../config/secrets.ts'
import { AcquireError, type AcquireFailure } from './credential.ts'

/** A wait of more than this is not believed; the identity provider is asked again after it. */
const MAX_RETRY_AFTER_MS = 5 * 60_000
const MAX_DESCRIPTION = 200
/** The characters that RFC 6749 section 5.2 allows in `error`; anything else is not shown. */
const ERROR_CODE = /^[\w.-]{1,64}$/
/** What a server says in the handshake to a client whose certificate it does not want. With TLS 1.3 that is after the request. */
export const NOT_LET_IN = /_ALERT_(?:\w*CERT|UNKNOWN_CA|ACCESS_DENIED|HANDSHAKE_FAILURE)/
/** Statuses that say nothing about the client, whatever the body says. */
export const isPassing = (status: number) => status >= 500 || status === 429 || status === 408
/** OAuth errors that pass by themselves. */
const PASSING = new Set(['temporarily_unavailable', 'server_error', 'slow_down'])

/**
 * Turns whatever openid-client or undici threw into words that are safe to show. The errors themselves must go no
 * further: their causes hold the identity provider's whole answer, tokens included.
 */
export function explainFailure(error: unknown, tokenUrl: URL, secrets: readonly string[]): AcquireFailure {
  if (error instanceof ResponseBodyError) {
    return answered(tokenUrl, error.response, {
      error: error.error,
      description: error.error_description,
      secrets,
    })
  }
  if (error instanceof WWWAuthenticateChallengeError) return answered(tokenUrl, error.response, { secrets })
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof AcquireError) return cause.failure
  if (cause instanceof Error && codeOf(error) === undefined) return network(tokenUrl, cause)
  if (codeOf(error) === 'OAUTH_TIMEOUT') return failure('timeout', `${who(tokenUrl)} did not answer in time.`)
  if (isResponse(cause) && cause.status !== 200) return answered(tokenUrl, cause, { secrets })
  return malformed(tokenUrl, reasons[codeOf(error) ?? ''] ?? 'it is not a token response').failure
}

/** The identity provider answered 200 with something that cannot be used. */
export function malformed(tokenUrl: URL, reason: string): AcquireError {
  return new AcquireError(
    failure('malformed', `${who(tokenUrl)} gave an answer that cannot be used: ${reason}.`),
  )
}

/** The identity provider answered with a status that ends the exchange, whatever else it says. */
export function statusFailure(url: URL, response: Response): AcquireFailure {
  const { status } = response
  return {
    ...failure(`http-${status}`, `${who(url)} answered status ${status}.`),
    ...requestedWait(response),
  }
}

/** The identity provider was not reached, or the connection did not last. */
export function network(url: URL, cause: unknown): AcquireFailure {
  return networkFailure(who(url), url.host, cause)
}

/** A stranger's text, fit for one line of a log. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, ' ').slice(0, MAX_DESCRIPTION)
}

function requestedWait(response: Response): { retryAfterMs?: number } {
  const wait = retryAfterMs((name) => response.headers.get(name) ?? undefined, Date.now())
  return wait === undefined ? {} : { retryAfterMs: wait }
}

/**
 * The wait that an answer asks for by `Retry-After` (RFC 9110 section 10.2.3: seconds or a date), in milliseconds. A
 * date is by the clock of who answered, which `Date` tells (section 6.6.1), and by ours, `now`, only if it does not.
 */
export function retryAfterMs(header: (name: string) => string | undefined, now: number): number | undefined {
  const value = header('retry-after')?.trim()
  if (value === undefined) return undefined
  const sentAt = dateOf(header('date') ?? '') ?? now
  const wait = /^\d+$/.test(value) ? Number(value) * 1_000 : (dateOf(value) ?? Number.NaN) - sentAt
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS)
}

/** The instant that a date of HTTP names. Date.parse takes almost anything for one; HTTP's begin with the day. */
function dateOf(text: string): number | undefined {
  const instant = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(instant) ? undefined : instant
}

const reasons: Record<string, string> = {
  OAUTH_RESPONSE_IS_NOT_JSON: 'it is not JSON',
  OAUTH_PARSE_ERROR: 'it is not JSON',
  OAUTH_RESPONSE_IS_NOT_CONFORM: 'it is not a token response',
  OAUTH_INVALID_RESPONSE: 'a field is missing or of the wrong kind (RFC 6749 section 5.1)',
  OAUTH_UNSUPPORTED_OPERATION: 'its token_type is not Bearer',
}

/** The identity provider answered, and not with a token. */
function answered(
  tokenUrl: URL,
  response: Response,
  { error, description, secrets }: { error?: string; description?: unknown; secrets: readonly string[] },
): AcquireFailure {
  const { status } = response
  const oauthError = error !== undefined && ERROR_CODE.test(error) ? scrub(error, secrets) : undefined
  // openid-client calls it a string and does not look.
  const words =
    typeof description === 'string' && description !== ''
      ? ` (${printable(scrub(description, secrets))})`
      : ''
  // A code of OAuth's speaks of the client whatever the status; without one, only these do.
  const aboutClient =
    oauthError !== undefined || status === 401 || status === 403 || (status === 400 && error)
  const refused = Boolean(aboutClient) && !isPassing(status) && !PASSING.has(error ?? '')
  const said = oauthError === undefined ? `status ${status}` : `status ${status} ${oauthError}${words}`
  const code = refused ? (oauthError ?? 'invalid_client') : `http-${status}`
  return {
    ...failure(code, `${who(tokenUrl)} answered ${said}.`, refused),
    ...requestedWait(response),
  }
}

/** No answer came from this host, by what undici threw. `subject` begins the sentence. */
export function networkFailure(subject: string, host: string, cause: unknown): AcquireFailure {
  const ownFault = egressFault(cause)
  if (ownFault !== undefined) return failure('egress', `${ownFault} ${subject} was not asked.`)
  const [code, name] = [wordOf(cause, codeOf), wordOf(cause, nameOf)]
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return failure('timeout', `${subject} could not be reached in time.`)
  if (name === 'TimeoutError') return failure('timeout', `${subject} did not answer in time.`)
  if (name === 'HTTPParserError') return failure('network', `${subject} did not answer in HTTP.`)
  if (NOT_LET_IN.test(code))
    return failure(
      'tls',
      `${subject} did not let this proxy in: it wants another client certificate (${code}).`,
    )
  if (/CERT|SIGNATURE|SSL|TLS/.test(code)) {
    return failure('tls', `The certificate of ${host} was not accepted (${code}); nothing was sent.`)
  }
  return failure('network', `${subject} could not be reached (${code}).`)
}

/** What an error says, or else its cause: fetch says little itself. */
function wordOf(error: unknown, read: (error: unknown) => string | undefined): string {
  return read(error) ?? (error instanceof Error ? read(error.cause) : undefined) ?? 'unknown'
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error && !/^(Type)?Error$/.test(error.name) ? error.name : undefined
}

function failure(code: string, message: string, refused = false): AcquireFailure {
  return { code, message, refused }
}

function who(tokenUrl: URL): string {
  return `The identity provider ${tokenUrl.host}`
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function isResponse(value: unknown): value is Response {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value
}
