import { isLoopback } from '../config/hosts.ts'
import type { IdentityProvider } from '../config/settings.ts'
import { AcquireError, type AcquireFailure } from './credential.ts'
import { malformed, network, printable, statusFailure } from './idp-errors.ts'
import { type IdpFetch, jsonIn, USER_AGENT } from './idp-fetch.ts'

export interface TokenEndpoint {
  issuer: string
  url: URL
}

/** Where the token endpoint is. */
export interface TokenEndpointLocator {
  /** @throws AcquireError with a code `discovery-…` if the metadata cannot be had or used */
  find(fetch: IdpFetch): Promise<TokenEndpoint>
  /** The endpoint is not there any more: looks it up anew next time. */
  forget(): void
}

/** How long metadata is believed, and how long it may take to come. */
const METADATA_MS = 60 * 60_000
const TIMEOUT_MS = 5_000

/**
 * A token URL as it is, or the one that the metadata of the issuer names, which is asked for once an hour. `now` is
 * in milliseconds. `mutualTls`: takes the endpoint that asks for a client certificate, if there is one of its own.
 */
export function tokenEndpointLocator(
  identityProvider: IdentityProvider,
  mutualTls: boolean,
  now: () => number,
): TokenEndpointLocator {
  if ('tokenUrl' in identityProvider) {
    const { tokenUrl } = identityProvider
    const given = { issuer: tokenUrl.origin, url: tokenUrl }
    return { find: async () => given, forget: () => {} }
  }
  const { issuer } = identityProvider
  let known: { endpoint: TokenEndpoint; at: number } | undefined
  return {
    async find(fetch) {
      const age = now() - (known?.at ?? Number.NaN)
      if (known !== undefined && age >= 0 && age < METADATA_MS) return known.endpoint
      known = { endpoint: await discover(issuer, mutualTls, fetch), at: now() }
      return known.endpoint
    },
    forget() {
      known = undefined
    },
  }
}

/** Whether two issuers are the same: a slash at the end, which documents and people add and omit, apart. */
function isSameIssuer(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false
  return bare(new URL(one)) === bare(new URL(other))
}

/** The token endpoint that metadata names (OpenID Connect Discovery 1.0 section 3, RFC 8414), or why it cannot be used. */
export function tokenEndpointIn(metadata: unknown, issuer: URL, mutualTls: boolean): TokenEndpoint | string {
  const fields = record(metadata)
  if (typeof fields.issuer !== 'string') return 'it names no issuer'
  if (!isSameIssuer(fields.issuer, issuer.href)) {
    return `its issuer is ${printable(fields.issuer)}, and the settings say ${bare(issuer)}: they must be the same`
  }
  // RFC 8705 section 5.
  const alias = mutualTls ? record(fields.mtls_endpoint_aliases).token_endpoint : undefined
  const endpoint = alias ?? fields.token_endpoint
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return 'it names no token endpoint'
  const url = new URL(endpoint)
  if (!maySendTo(url, issuer))
    return 'its token endpoint is not a place for a secret (https, without a password)'
  return { issuer: fields.issuer, url }
}

async function discover(issuer: URL, mutualTls: boolean, fetch: IdpFetch): Promise<TokenEndpoint> {
  try {
    const metadata = await fetchMetadata(issuer, fetch)
    const endpoint = tokenEndpointIn(metadata, issuer, mutualTls)
    if (typeof endpoint === 'string') throw malformed(issuer, endpoint)
    return endpoint
  } catch (error) {
    throw undiscovered(error instanceof AcquireError ? error.failure : network(issuer, error))
  }
}

async function fetchMetadata(issuer: URL, fetch: IdpFetch): Promise<unknown> {
  const request = { method: 'GET', headers: { accept: 'application/json', ...USER_AGENT } }
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const first = await fetch(openidMetadata(issuer), { ...request, signal })
  const response = first.status === 404 ? await fetch(oauthMetadata(issuer), { ...request, signal }) : first
  if (response.status !== 200) throw new AcquireError(statusFailure(issuer, response))
  const metadata = await jsonIn(response)
  if (metadata === undefined) throw malformed(issuer, 'it is not JSON')
  return metadata
}

/** OpenID Connect Discovery 1.0 section 4. */
function openidMetadata(issuer: URL): string {
  return `${bare(issuer)}/.well-known/openid-configuration`
}

/** RFC 8414 section 3: between the host and the path. */
function oauthMetadata(issuer: URL): string {
  return `${issuer.origin}/.well-known/oauth-authorization-server${bare(issuer).slice(issuer.origin.length)}`
}

function bare(issuer: URL): string {
  return issuer.origin + issuer.pathname.replace(/\/$/, '')
}

/** Metadata that came over https does not lead to plain http; else only this machine or the issuer itself may use it. */
function maySendTo(url: URL, issuer: URL): boolean {
  if (url.username !== '' || url.password !== '') return false
  if (url.protocol === 'https:') return true
  if (url.protocol !== 'http:' || issuer.protocol !== 'http:') return false
  return isLoopback(url.hostname) || url.origin === issuer.origin
}

/** Says nothing about the client, which has not even been named. */
function undiscovered(failure: AcquireFailure): AcquireError {
  const message = `Discovery failed: ${failure.message.charAt(0).toLowerCase()}${failure.message.slice(1)}`
  return new AcquireError({ ...failure, code: `discovery-${failure.code}`, message, refused: false })
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
