import type { ApiName } from './apis.ts'
import type { BaseUrl } from './base-url.ts'
import type { Secret } from './secrets.ts'

/** The settings as the program uses them: complete, consistent, and with secrets that do not print. */

/** How an OAuth client proves who it is (RFC 6749 section 2.3, RFC 7523 section 2.2, RFC 8705 section 2.1). */
export type ClientAuth =
  | { method: 'client_secret_post' | 'client_secret_basic'; secret: Secret }
  | {
      method: 'private_key_jwt'
      /** A private key in PEM (PKCS #8, PKCS #1 or SEC 1), RSA or P-256. */
      key: Secret
      /** Undefined: RS256 for an RSA key, ES256 for one on P-256. */
      algorithm: 'RS256' | 'PS256' | 'ES256' | undefined
      keyId: string | undefined
      /** The certificate of the key in PEM, whose SHA-1 thumbprint Entra ID wants as `x5t`. */
      certificate: Secret | undefined
    }
  | { method: 'tls_client_auth' }

/** Where tokens come from: a token URL as it is, or an issuer whose metadata names it (OpenID Connect Discovery 1.0). */
export type IdentityProvider = { tokenUrl: URL } | { issuer: URL }

/** The URL by which an identity provider is known: its issuer, or its token URL. */
export function urlOf(provider: IdentityProvider): URL {
  return 'issuer' in provider ? provider.issuer : provider.tokenUrl
}

export interface OAuthSettings {
  identityProvider: IdentityProvider
  clientId: string
  clientAuth: ClientAuth
  audience: string | undefined
  scope: string | undefined
  /** RFC 8707. */
  resource: string | undefined
  /** Further parameters and headers of the token request. Their values may be secret. */
  parameters: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
  /** Accepts token responses that RFC 6749 does not allow and that providers are known to give. */
  lenient: boolean
}

export interface CookieSettings {
  /** The login page of the application; undefined: `/login` and `/api/login` below `cluster` are tried. */
  loginUrl: URL | undefined
  cluster: BaseUrl
  username: string
  password: Secret
  /** After how long without a request the cluster ends a session, in milliseconds. */
  idleMs: number
}

export interface BasicSettings {
  username: string
  password: Secret
}

/** A token that somebody else gets: a value, a file that is read again and again, or what a command prints. */
export type BearerSettings = { token: Secret } | { command: string }

/** How the proxy authenticates to the cluster. */
export type AuthSettings =
  | ({ strategy: 'OAUTH' } & OAuthSettings)
  | ({ strategy: 'COOKIE' } & CookieSettings)
  | ({ strategy: 'BASIC' } & BasicSettings)
  | ({ strategy: 'BEARER' } & BearerSettings)
  | { strategy: 'NONE' }

/** PEM texts, by value or by file; a file is read again when it changes. */
export interface TlsSettings {
  /** Trusted beside those that Node trusts. */
  ca: Secret | undefined
  certificate: Secret | undefined
  key: Secret | undefined
  passphrase: Secret | undefined
}

/** How to reach a server. */
export interface ConnectionSettings {
  tls: TlsSettings
  /** The egress proxy for this destination, if it is not reached directly: a URL that may hold a password. */
  egressProxy: Secret | undefined
  http2: boolean
}

/** What callers may do. */
export interface ScopePolicy {
  readOnly: boolean
  /** Rules `METHOD[,METHOD…] PATTERN`; empty: everything below the served prefixes. */
  allow: readonly string[]
}

/** An API that is forwarded: where it is, and what it wants. */
export interface ApiSettings {
  address: BaseUrl
  auth: AuthSettings | CallerAuthSettings
  connection: ConnectionSettings
}

/** Each caller is an OAuth client of its own and sends its id and secret. */
export interface CallerAuthSettings extends Omit<OAuthSettings, 'clientId' | 'clientAuth'> {
  strategy: 'CALLER'
  method: 'client_secret_post' | 'client_secret_basic'
}

export interface ClusterSettings {
  name: string
  /** Those that are served, by name; `v2` always is. */
  apis: ReadonlyMap<ApiName, ApiSettings>
  /** For token requests; used with OAuth only. */
  identityProvider: ConnectionSettings
  scope: ScopePolicy
}

export interface Settings {
  clusters: ReadonlyMap<string, ClusterSettings>
  /** The one that is served at `/v2`. */
  defaultCluster: ClusterSettings
  listen: { host: string; port: number } | { socket: string }
  /** How many processes forward requests; 1: the one that does everything else. */
  workers: number
  admin: { host: string; port: number } | { socket: string } | undefined
  /** Whether the admin listener gives the credential to processes that ask for it. */
  shareToken: boolean
  callerToken: Secret | undefined
  callersFile: string | undefined
  /** Callers bring client ids and secrets of their own. */
  callersAreClients: boolean
  allowedHosts: readonly string[]
  /** As browsers write them in `Origin`. */
  allowedOrigins: readonly string[]
  /** The users of this machine whose processes may connect; undefined: all. */
  allowedUids: ReadonlySet<number> | undefined
  maxReplayBytes: number
  /** Where refusals are remembered; undefined: in the usual place. */
  stateFile: string | 'off' | undefined
  /** Spans are made, by the interface of OpenTelemetry. */
  tracing: boolean
  accessLog: 'off' | 'errors' | 'all'
  logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'
}
