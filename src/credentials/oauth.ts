import * as openid from 'openid-client'
import type { Dispatcher } from 'undici'
import type { OAuthSettings } from '../config/settings.ts'
import { headerFault, parameterFault } from '../config/token-request.ts'
import { bearerHeaders, isBearerToken } from './bearer-token.ts'
import { fingerprintOf, type Proof, proofOf } from './client-auth.ts'
import {
  AcquireError,
  type AcquireFailure,
  type CredentialSource,
  type IssuedCredential,
} from './credential.ts'
import { explainFailure, malformed } from './idp-errors.ts'
import { type IdpFetch, idpFetch, jsonIn, USER_AGENT } from './idp-fetch.ts'
import { lenientAnswer } from './lenient.ts'
import { lifetimeMs } from './schedule.ts'
import { type TokenEndpoint, tokenEndpointLocator } from './token-endpoint.ts'

export interface OAuthOptions extends OAuthSettings {
  /** Carries the requests: certificates, both ways, limits and timeouts are its business. */
  dispatcher: Dispatcher
}

/** Longest that an attempt may take, in milliseconds: less than its keeper allows, whose words name nobody. */
const TIMEOUT_MS = 9_000
/** An addition that is shorter is no secret, and taking it out of a text would leave nothing to read. */
const MIN_SECRET_LENGTH = 4
/** Failures that may mean that the token endpoint is elsewhere by now. */
const MOVED = new Set(['network', 'tls', 'http-404', 'http-410'])

/**
 * The OAuth 2.0 client-credentials grant (RFC 6749 section 4.4), with each way for a client to prove who it is.
 * Reads its secrets anew at each attempt. `now` is in milliseconds since 1970.
 */
export function oauthSource(options: OAuthOptions, now: () => number = Date.now): CredentialSource {
  const mutualTls = options.clientAuth.method === 'tls_client_auth'
  const locator = tokenEndpointLocator(options.identityProvider, mutualTls, now)
  return {
    fingerprint: () => fingerprintOf(options.clientAuth),
    async acquire(signal) {
      const endsAt = performance.now() + TIMEOUT_MS
      const proof = await proofOf(options.clientAuth, now())
      const fetch = idpFetch(options.dispatcher, signal)
      const endpoint = await locator.find(fetch)
      const exchange: Exchange = { options, endpoint, proof, fetch, endsAt, readableLeniently: false }
      try {
        return await grant(exchange)
      } catch (error) {
        const failure = failureOf(error, exchange)
        if (MOVED.has(failure.code)) locator.forget()
        throw new AcquireError(failure)
      }
    },
  }
}

/** One token request and what came of it. */
interface Exchange {
  options: OAuthOptions
  endpoint: TokenEndpoint
  proof: Proof
  fetch: IdpFetch
  /** On the clock of `performance.now()`. */
  endsAt: number
  /** The answer holds a token for whoever is lenient. */
  readableLeniently: boolean
}

async function grant(exchange: Exchange): Promise<IssuedCredential> {
  const { options, endpoint } = exchange
  const answer = await openid.clientCredentialsGrant(configuration(exchange), parameters(options))
  return issued(endpoint.url, answer)
}

function configuration(exchange: Exchange): openid.Configuration {
  const { options, endpoint, proof } = exchange
  const server = { issuer: endpoint.issuer, token_endpoint: endpoint.url.href }
  const client = new openid.Configuration(server, options.clientId, undefined, proof.apply)
  // Whole seconds: AbortSignal.timeout takes no fraction of a millisecond.
  client.timeout = Math.max(1, Math.round((exchange.endsAt - performance.now()) / 1_000))
  client[openid.customFetch] = tokenFetch(exchange)
  // The settings, or discovery, have already refused plain http to hosts that were not named.
  if (endpoint.url.protocol === 'http:') openid.allowInsecureRequests(client)
  return client
}

/** Sends the token request, with the headers that were added; reads the answer kindly if that is wanted. */
function tokenFetch(exchange: Exchange): openid.CustomFetch {
  const { options, fetch } = exchange
  const added = addedHeaders(options)
  return async (url, init) => {
    const response = await fetch(url, { ...init, headers: { ...init.headers, ...USER_AGENT, ...added } })
    if (response.status !== 200 && response.status !== 201) return response
    const body = await jsonIn(response.clone())
    const answer = lenientAnswer(body)
    exchange.readableLeniently = answer !== undefined
    if (answer !== undefined && options.lenient) return Response.json(answer)
    return hasIdToken(body) ? Response.json({ ...body, id_token: undefined }, response) : response
  }
}

/**
 * Whether there is an ID token, as Keycloak gives one where the scope is `openid`. openid-client would check it against
 * an issuer that a token URL does not tell, and nobody here has a use for it.
 */
function hasIdToken(body: unknown): body is { id_token: string } {
  const idToken = typeof body === 'object' && body !== null && 'id_token' in body ? body.id_token : undefined
  return typeof idToken === 'string' && /^[\w-]+\.[\w-]+\.[\w-]+$/.test(idToken)
}

/** What is set by a name of its own comes before what is added. */
function parameters({ parameters: added, audience, scope, resource }: OAuthOptions): Record<string, string> {
  const own = Object.entries({ audience, scope, resource }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const others = Object.entries(added).filter(([name]) => parameterFault(name) === undefined)
  return Object.fromEntries([...others, ...own])
}

function addedHeaders({ headers, clientAuth }: OAuthOptions): Record<string, string> {
  const basic = clientAuth.method === 'client_secret_basic'
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name, value]) => headerFault(name, value, basic) === undefined)
      .map(([name, value]) => [name.toLowerCase(), value]),
  )
}

function issued(tokenUrl: URL, answer: openid.TokenEndpointResponse): IssuedCredential {
  if (answer.token_type !== 'bearer') throw malformed(tokenUrl, 'its token_type is not Bearer')
  if (!isBearerToken(answer.access_token))
    throw malformed(tokenUrl, 'its access_token cannot stand in a header')
  if (Number(answer.expires_in ?? 1) <= 0) throw malformed(tokenUrl, 'the token has already expired')
  return {
    headers: bearerHeaders(answer.access_token),
    lifetimeMs: lifetimeMs(answer.expires_in, answer.access_token),
  }
}

function failureOf(
  error: unknown,
  { options, endpoint, proof, readableLeniently }: Exchange,
): AcquireFailure {
  if (error instanceof AcquireError) return error.failure
  const secrets = [...proof.secrets, ...addedSecrets(options)].sort((a, b) => b.length - a.length)
  const failure = explainFailure(error, endpoint.url, secrets)
  if (options.lenient || !readableLeniently) return failure
  return {
    ...failure,
    message: failure.message.replace(/\.$/, '; the setting oauthLenient would accept it.'),
  }
}

/** Whatever was added may be a secret; of a header also what follows its scheme. */
function addedSecrets({ parameters, headers }: OAuthOptions): string[] {
  const values = Object.values(headers).flatMap((value) => [value, value.replace(/^\S+\s+/, '')])
  return [...Object.values(parameters), ...values].filter((value) => value.length >= MIN_SECRET_LENGTH)
}
