import { createHash } from 'node:crypto'
import type { Dispatcher } from 'undici'
import type { Secret } from '../config/secrets.ts'
import {
  type AuthSettings,
  type ClientAuth,
  type CookieSettings,
  type OAuthSettings,
  urlOf,
} from '../config/settings.ts'
import { basicSource } from './basic.ts'
import { bearerSource } from './bearer.ts'
import type { CredentialSource } from './credential.ts'
import { noneSource } from './none.ts'
import { oauthSource } from './oauth.ts'
import type { Remembered } from './remembering.ts'

/** The connections over which credentials are got. */
export interface SourceConnections {
  cluster: Dispatcher
  /** Made where it is needed. */
  identityProvider: () => Dispatcher
}

/** The source of a method. */
export function makeSource(auth: AuthSettings, connections: SourceConnections): CredentialSource {
  switch (auth.strategy) {
    case 'OAUTH':
      return oauthSource({ ...auth, dispatcher: connections.identityProvider() })
    case 'COOKIE':
      return loadedWhenUsed(async () => {
        const { cookieSource } = await import('./cookie.ts')
        return cookieSource({ ...auth, dispatcher: connections.cluster })
      })
    case 'BASIC':
      return basicSource(auth)
    case 'BEARER':
      return bearerSource(auth)
    case 'NONE':
      return noneSource()
  }
}

/** A source whose libraries take a tenth of the memory of the whole: nobody pays for a login that is not asked for. */
function loadedWhenUsed(load: () => Promise<CredentialSource>): CredentialSource {
  let source: Promise<CredentialSource> | undefined
  const loaded = () => {
    source ??= load()
    return source
  }
  return {
    asked: 'cluster',
    fingerprint: async () => (await loaded()).fingerprint(),
    acquire: async (signal) => (await loaded()).acquire(signal),
    retire: async () => (await source)?.retire?.(),
  }
}

/**
 * What makes two clusters or callers share one credential (`key`), and what makes two credentials share the pace at
 * which they are asked for (`paceKey`). `connection` tells apart what is reached in different ways: a certificate may
 * be what the credential is given for.
 */
export function credentialKeys(auth: AuthSettings, connection: string): { key: string; paceKey: string } {
  const key = JSON.stringify([auth.strategy, connection, ...keyParts(auth)])
  return { key, paceKey: askedOf(auth) ?? key }
}

/**
 * What a refusal of the credential is remembered by beyond the end of this process: undefined where nobody is asked who
 * could lock anybody out, or where it cannot be told that a refused client was corrected.
 */
export function rememberedBy(auth: AuthSettings, key: string): Remembered | undefined {
  // The certificate is the connection's business.
  if (auth.strategy === 'OAUTH' && auth.clientAuth.method !== 'tls_client_auth') {
    const { clientId, audience, scope, resource } = auth
    const provider = urlOf(auth.identityProvider)
    const identity = digest([auth.strategy, place(provider), clientId, audience, scope, resource])
    return { identity, key, asked: `The identity provider ${provider.host}` }
  }
  if (auth.strategy !== 'COOKIE') return undefined
  const login = auth.loginUrl ?? new URL(addressOf(auth))
  const identity = digest([auth.strategy, place(login), auth.username])
  return { identity, key, asked: `The cluster ${login.host}` }
}

/** A query may hold what is nobody's business. */
function place({ origin, pathname }: URL): string {
  return origin + pathname
}

function digest(parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** Who is asked for the credential; undefined if nobody is. */
function askedOf(auth: AuthSettings): string | undefined {
  if (auth.strategy === 'OAUTH') return urlOf(auth.identityProvider).href
  return auth.strategy === 'COOKIE' ? (auth.loginUrl?.href ?? addressOf(auth)) : undefined
}

function addressOf({ cluster }: CookieSettings): string {
  return cluster.origin + cluster.basePath
}

/** What the credential depends on. */
function keyParts(auth: AuthSettings): unknown[] {
  switch (auth.strategy) {
    case 'OAUTH':
      return [auth.identityProvider, ...oauthKeyParts(auth)]
    case 'COOKIE':
      // Not the login page alone: a session is for one cluster, and its cookies are for nobody else.
      return [auth.loginUrl?.href, addressOf(auth), auth.username, auth.password.id, auth.idleMs]
    case 'BASIC':
      return [auth.username, auth.password.id]
    case 'BEARER':
      return 'token' in auth ? ['token', auth.token.id] : ['command', auth.command]
    case 'NONE':
      return []
  }
}

function oauthKeyParts(auth: OAuthSettings): unknown[] {
  const { clientId, clientAuth, audience, scope, resource, parameters, headers, lenient } = auth
  const proof = Object.values(clientAuth satisfies ClientAuth).map((part: string | Secret | undefined) =>
    typeof part === 'object' ? part.id : part,
  )
  return [clientId, proof, audience, scope, resource, parameters, headers, lenient]
}
