import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { type Answer, type Answerer, close, json, listen, readBody, serve } from './http.ts'

const algorithm = 'ES256'
const bodyLimit = 64 * 1024
const noStore = { 'cache-control': 'no-store' }

export interface DemoIdentityProviderOptions {
  /** The address to listen on; 127.0.0.1 unless given. */
  host?: string
  /** 0, the default, takes any free port. */
  port?: number
  /** The one client that gets tokens. */
  clientId: string
  clientSecret: string
  /** The one audience that tokens are made for. */
  audience: string
  /** Lifetime of a token in seconds; 20 unless given, so that renewals can be watched. */
  lifetimeS?: number
  /** How long the token endpoint takes to answer, in milliseconds. */
  latencyMs?: number
}

export interface DemoIdentityProvider {
  url: string
  issuer: string
  tokenUrl: string
  jwksUrl: string
  /** How many token requests have come so far, refused ones included. */
  tokenRequests(): number
  close(): Promise<void>
}

/**
 * Starts an identity provider for demonstrations and tests: one client, the client-credentials grant
 * (RFC 6749 section 4.4) and nothing else. It answers in the shape of Camunda's own. Its key lives and dies with it.
 */
export async function startDemoIdentityProvider(
  options: DemoIdentityProviderOptions,
): Promise<DemoIdentityProvider> {
  const server = createServer()
  const url = await listen(server, options.host ?? '127.0.0.1', options.port ?? 0)
  const urls = { issuer: url, tokenUrl: `${url}/oauth/token`, jwksUrl: `${url}/.well-known/jwks.json` }
  const { mint, jwks } = await tokenMint(options, url)
  let tokenRequests = 0

  const routes: Record<string, Answerer> = {
    'POST /oauth/token': async (request, signal) => {
      tokenRequests += 1
      if (options.latencyMs) await sleep(options.latencyMs, undefined, { signal })
      return answerTokenRequest(request, options, mint)
    },
    'GET /.well-known/jwks.json': async () => json(200, jwks),
    'GET /.well-known/openid-configuration': async () => json(200, serverMetadata(urls)),
  }
  const unknown: Answerer = async () => json(404, { error: 'not_found' })
  server.on(
    'request',
    serve((request, signal) => {
      const [path = ''] = (request.url ?? '').split('?')
      return (routes[`${request.method} ${path}`] ?? unknown)(request, signal)
    }),
  )
  return { url, ...urls, tokenRequests: () => tokenRequests, close: () => close(server) }
}

interface Token {
  access_token: string
  expires_in: number
}

/** Makes a key pair and what is done with its halves: signing tokens, and the key set of RFC 7517. */
async function tokenMint(
  { clientId, audience, lifetimeS = 20 }: DemoIdentityProviderOptions,
  issuer: string,
) {
  const { publicKey, privateKey } = await generateKeyPair(algorithm)
  const jwk = await exportJWK(publicKey)
  const kid = await calculateJwkThumbprint(jwk)

  const mint = async (): Promise<Token> => {
    const now = Math.floor(Date.now() / 1000)
    const access_token = await new SignJWT()
      .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
      .setIssuer(issuer)
      .setSubject(clientId)
      .setAudience(audience)
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeS)
      .setJti(randomUUID())
      .sign(privateKey)
    return { access_token, expires_in: lifetimeS }
  }
  return { mint, jwks: { keys: [{ ...jwk, kid, alg: algorithm, use: 'sig' }] } }
}

async function answerTokenRequest(
  request: IncomingMessage,
  client: DemoIdentityProviderOptions,
  mint: () => Promise<Token>,
): Promise<Answer> {
  const body = await readBody(request, bodyLimit)
  if (body === undefined) return refusal(413, 'invalid_request')
  if (!isForm(request)) return refusal(400, 'invalid_request')

  const form = new URLSearchParams(body.toString())
  if (hasRepeatedName(form)) return refusal(400, 'invalid_request')
  if (form.get('grant_type') !== 'client_credentials') return refusal(400, 'unsupported_grant_type')
  if (!isClient(form, client)) return refusal(401, 'invalid_client')
  if (form.get('audience') !== client.audience) return refusal(403, 'access_denied')

  const token = { ...(await mint()), refresh_expires_in: 0, token_type: 'Bearer', 'not-before-policy': 0 }
  return json(200, token, noStore)
}

/** RFC 6749 section 5.2. */
function refusal(status: number, error: string): Answer {
  return json(status, { error }, noStore)
}

function isForm(request: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '')
}

/** RFC 6749 section 3.2: a parameter must not be sent twice. */
function hasRepeatedName(form: URLSearchParams): boolean {
  return new Set(form.keys()).size < form.size
}

function isClient(form: URLSearchParams, client: DemoIdentityProviderOptions): boolean {
  const id = isSame(form.get('client_id'), client.clientId)
  const secret = isSame(form.get('client_secret'), client.clientSecret)
  return id && secret
}

/** Compares hashes, which have one length, in constant time: the answer's timing tells nothing about the secret. */
function isSame(given: string | null, expected: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given ?? ''), hash(expected))
}

/** RFC 8414. */
function serverMetadata(urls: Pick<DemoIdentityProvider, 'issuer' | 'tokenUrl' | 'jwksUrl'>) {
  return {
    issuer: urls.issuer,
    token_endpoint: urls.tokenUrl,
    jwks_uri: urls.jwksUrl,
    grant_types_supported: ['client_credentials'],
    response_types_supported: ['none'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [algorithm],
  }
}
