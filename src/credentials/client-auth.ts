import { createHash } from 'node:crypto'
import * as openid from 'openid-client'
import type { Secret } from '../config/secrets.ts'
import type { ClientAuth } from '../config/settings.ts'
import { AcquireError } from './credential.ts'
import { readSecret } from './read-secret.ts'
import { signingKey, thumbprint } from './signing-key.ts'

/** How one token request proves who the client is. */
export interface Proof {
  apply: openid.ClientAuth
  /** What nobody may see of it; grows by what the request is signed with. */
  secrets: string[]
}

type PrivateKeyJwt = Extract<ClientAuth, { method: 'private_key_jwt' }>

/** As Camunda's clients have it. */
const ASSERTION_LIFETIME_S = 300

/**
 * Reads the secrets, anew each time, and makes of them what authenticates the client at the token endpoint. `now` is
 * in milliseconds since 1970.
 * @throws AcquireError if a secret cannot be read, or is no key or certificate that can be used
 */
export async function proofOf(clientAuth: ClientAuth, now: number): Promise<Proof> {
  const secrets: string[] = []
  return { apply: noting(await authenticator(clientAuth, now, secrets), secrets), secrets }
}

/**
 * A digest of all the secrets that prove who the client is.
 * @throws AcquireError if one cannot be read
 */
export async function fingerprintOf(clientAuth: ClientAuth): Promise<string> {
  const digest = createHash('sha256')
  for (const [what, secret] of secretsOf(clientAuth)) {
    digest.update(await readSecret(role(what), secret, 'fingerprint'))
  }
  return digest.digest('base64url')
}

function role(name: string) {
  return { name, code: 'secret-unreadable' }
}

function secretsOf(clientAuth: ClientAuth): [what: string, secret: Secret][] {
  if (clientAuth.method === 'tls_client_auth') return []
  if (clientAuth.method !== 'private_key_jwt') return [['client secret', clientAuth.secret]]
  const { key, certificate } = clientAuth
  return certificate === undefined
    ? [['private key', key]]
    : [
        ['private key', key],
        ['certificate', certificate],
      ]
}

async function authenticator(
  clientAuth: ClientAuth,
  now: number,
  secrets: string[],
): Promise<openid.ClientAuth> {
  // The certificate is that of the connection (RFC 8705 section 2), and so the dispatcher's.
  if (clientAuth.method === 'tls_client_auth') return openid.TlsClientAuth()
  if (clientAuth.method === 'private_key_jwt') return assertion(clientAuth, now)
  const { secret } = clientAuth
  const value = await readSecret(role('client secret'), secret)
  secrets.push(value)
  return clientAuth.method === 'client_secret_basic'
    ? openid.ClientSecretBasic(value)
    : openid.ClientSecretPost(value)
}

/** RFC 7523 section 2.2. */
async function assertion(clientAuth: PrivateKeyJwt, now: number): Promise<openid.ClientAuth> {
  const { key: keySecret, keyId, algorithm } = clientAuth
  const pem = await readSecret(role('private key'), keySecret)
  const key = usable('private key', keySecret, await signingKey(pem, algorithm))
  const x5t = await thumbprintOf(clientAuth.certificate, pem, now)
  const signer = keyId === undefined ? key : { key, kid: keyId }
  return (server, client, body, headers) => {
    const modify: openid.ModifyAssertionFunction = (header, payload) => {
      Object.assign(header, { typ: 'JWT' }, x5t)
      // Not the issuer: Entra ID and Camunda's clients say the token endpoint, and RFC 7523 section 3 allows it.
      payload.aud = String(server.token_endpoint)
      payload.exp = Number(payload.iat) + ASSERTION_LIFETIME_S
    }
    return openid.PrivateKeyJwt(signer, { [openid.modifyAssertion]: modify })(server, client, body, headers)
  }
}

async function thumbprintOf(
  certificate: Secret | undefined,
  keyPem: string,
  now: number,
): Promise<{ x5t: string } | undefined> {
  if (certificate === undefined) return undefined
  const pem = await readSecret(role('certificate'), certificate)
  return usable('certificate', certificate, thumbprint(pem, keyPem, now))
}

/** Notes what the request shows of the client: an identity provider may repeat it. */
function noting(apply: openid.ClientAuth, secrets: string[]): openid.ClientAuth {
  return async (server, client, body, headers) => {
    await apply(server, client, body, headers)
    secrets.push(...(body.get('client_assertion')?.split('.') ?? []))
    secrets.push(headers.get('authorization')?.replace(/^Basic /, '') ?? '')
  }
}

/** Trying again is pointless until it changes, which is noticed. */
function usable<T>(what: string, { origin }: Secret, result: T | string): T {
  if (typeof result !== 'string') return result
  const message = `The ${what} from ${origin} cannot be used: expected ${result}.`
  throw new AcquireError({ code: 'secret-unusable', message, refused: true })
}
