import type { Dispatcher } from 'undici'
import type { Secret } from '../config/secrets.ts'
import type { AuthSettings, ClientAuth, OAuthSettings } from '../config/settings.ts'
import { basicSource } from './basic.ts'
import { bearerSource } from './bearer.ts'
import type { CredentialSource } from './credential.ts'
import { noneSource } from './none.ts'
import { oauthSource } from './oauth.ts'

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
    fingerprint: async () => (await loaded()).fingerprint(),
    acquire: async (signal) => (await loaded()).acquire(signal),
    retire: async () => (await source)?.retire?.(),
  }
}

/**
 * What makes two clusters or callers share one credential (`key`), and what makes two credentials share the pace at
 * which they are asked for (`paceKey`).
 */
export function credentialKeys(auth: AuthSettings): { key: string; paceKey: string } {
  const parts = keyParts(auth)
  return { key: JSON.stringify([auth.strategy, ...parts]), paceKey: String(parts[0] ?? '') }
}

/** What the credential depends on; first who is asked for it. */
function keyParts(auth: AuthSettings): unknown[] {
  switch (auth.strategy) {
    case 'OAUTH':
      return oauthKeyParts(auth)
    case 'COOKIE': {
      const { loginUrl, cluster, username, password, idleMs } = auth
      const api = cluster.origin + cluster.basePath
      return [loginUrl?.href ?? api, api, username, password.id, idleMs]
    }
    case 'BASIC':
      return [auth.username, auth.password.id]
    case 'BEARER':
      return 'token' in auth ? [auth.token.id] : [auth.command]
    case 'NONE':
      return []
  }
}

function oauthKeyParts(auth: OAuthSettings): unknown[] {
  const { identityProvider: provider, clientId, clientAuth } = auth
  return [
    'issuer' in provider ? provider.issuer.href : provider.tokenUrl.href,
    clientId,
    ...Object.values(clientAuth satisfies ClientAuth).map((part: string | Secret | undefined) =>
      typeof part === 'object' ? part.id : part,
    ),
    auth.audience,
    auth.scope,
    auth.resource,
    auth.parameters,
    auth.headers,
    auth.lenient,
  ]
}
