import * as openid from 'openid-client'
import { type Dispatcher, fetch } from 'undici'
import type { Secret } from '../config/secrets.ts'
import { bearerHeaders, isBearerToken } from './bearer-token.ts'
import { AcquireError, type CredentialSource, type IssuedCredential } from './credential.ts'
import { explainFailure, malformed } from './idp-errors.ts'
import { readSecret } from './read-secret.ts'
import { lifetimeMs } from './schedule.ts'

export interface OAuthOptions {
  tokenUrl: URL
  clientId: string
  clientSecret: Secret
  audience: string | undefined
  scope: string | undefined
  /** Carries the request: certificate verification, limits and timeouts are its business. */
  dispatcher: Dispatcher
}

/** Longest that the identity provider may take, in seconds: the whole exchange. */
const TIMEOUT_S = 10
const MAX_ANSWER_BYTES = 1024 * 1024
const WHAT = { name: 'client secret', code: 'secret-unreadable' }

/**
 * The OAuth 2.0 client-credentials grant (RFC 6749 section 4.4) as a form post with the secret in the body, which
 * is what Camunda documents. Reads the secret anew at each attempt.
 */
export function oauthSource(options: OAuthOptions): CredentialSource {
  return {
    fingerprint: () => readSecret(WHAT, options.clientSecret, 'fingerprint'),
    async acquire(signal) {
      const secret = await readSecret(WHAT, options.clientSecret)
      try {
        const answer = await openid.clientCredentialsGrant(
          configuration(options, secret, signal),
          parameters(options),
        )
        return issued(options, answer)
      } catch (error) {
        throw error instanceof AcquireError
          ? error
          : new AcquireError(explainFailure(error, options.tokenUrl, [secret]))
      }
    },
  }
}

function configuration(options: OAuthOptions, secret: string, signal: AbortSignal): openid.Configuration {
  const server = { issuer: options.tokenUrl.origin, token_endpoint: options.tokenUrl.href }
  const client = new openid.Configuration(
    server,
    options.clientId,
    undefined,
    openid.ClientSecretPost(secret),
  )
  client.timeout = TIMEOUT_S
  client[openid.customFetch] = fetchThrough(options.dispatcher, signal)
  // The settings have already refused plain http to hosts that were not named.
  if (options.tokenUrl.protocol === 'http:') openid.allowInsecureRequests(client)
  return client
}

/** undici's own fetch, since only it is promised to work with undici's dispatchers. */
function fetchThrough(dispatcher: Dispatcher, signal: AbortSignal): openid.CustomFetch {
  return async (url, init) => {
    const response = await fetch(url, {
      method: init.method,
      headers: { ...init.headers, 'user-agent': 'camunda-auth-proxy' },
      body: init.body as URLSearchParams,
      redirect: 'manual',
      signal: init.signal === undefined ? signal : AbortSignal.any([init.signal, signal]),
      dispatcher,
    })
    const body = await bounded(response.body ?? [], new URL(url)).catch((error: unknown) => {
      // An error says enough by its status, even if its body never ends.
      if (response.status !== 200) return null
      throw error
    })
    return new Response(body, { status: response.status, headers: [...response.headers] })
  }
}

/**
 * Reads an answer to its end, so that it holds no connection, and no further than it may be long: the limit of the
 * dispatcher counts what is on the wire, and a compressed answer can be a thousand times that.
 */
async function bounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  url: URL,
): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw malformed(url, 'it is longer than 1 MiB')
    chunks.push(chunk)
  }
  return bytes === 0 ? null : Buffer.concat(chunks)
}

function parameters(options: OAuthOptions): Record<string, string> {
  return {
    ...(options.audience === undefined ? {} : { audience: options.audience }),
    ...(options.scope === undefined ? {} : { scope: options.scope }),
  }
}

function issued(options: OAuthOptions, answer: openid.TokenEndpointResponse): IssuedCredential {
  if (answer.token_type !== 'bearer') throw malformed(options.tokenUrl, 'its token_type is not Bearer')
  if (!isBearerToken(answer.access_token))
    throw malformed(options.tokenUrl, 'its access_token cannot stand in a header')
  if (Number(answer.expires_in ?? 1) <= 0) throw malformed(options.tokenUrl, 'the token has already expired')
  return {
    headers: bearerHeaders(answer.access_token),
    lifetimeMs: lifetimeMs(answer.expires_in, answer.access_token),
  }
}
