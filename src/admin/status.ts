import type { ApiName } from '../config/apis.ts'
import type { AuthSettings, CallerAuthSettings } from '../config/settings.ts'
import type { ShownClaim } from '../credentials/claims.ts'
import type { KeeperState } from '../credentials/keeper.ts'
import type { Fault } from '../errors.ts'
import type { ClientLines } from './client-lines.ts'
import type { ListedProblem } from './problem-list.ts'
import type { Step } from './requests-history.ts'

/**
 * What `GET /status.json` answers and the status page shows. Durations are in milliseconds, from the moment of the
 * answer. Never holds a secret, token or cookie.
 */
export interface StatusSnapshot {
  version: string
  uptimeMs: number
  /** How many processes forward requests. */
  processes: number
  /** Where callers find the proxy; absent while nobody listens for them. */
  listening?: string
  isDraining: boolean
  /** How the last reload of the settings went, if there was one. */
  reload?: ReloadResult
  /** A hundred at most, the one at `/v2` first. */
  clusters: ClusterStatus[]
  /** How many there are beside those. */
  furtherClusters: number
  requests: { stepMs: number; steps: Step[] }
  /** The newest first, twenty at most. */
  problems: ListedProblem[]
  clients: ClientLines[]
}

export interface ReloadResult {
  /** ISO 8601. */
  at: string
  ok: boolean
  /** Why it was refused, one sentence each. */
  faults: readonly string[]
}

export interface ClusterStatus {
  name: string
  /** It is the one at `/v2`. */
  isDefault: boolean
  address: string
  /** What callers put before `/v2`. */
  base: string
  readOnly: boolean
  credentials: CredentialStatus[]
}

/** `unused`: nobody has called yet. `idle`: the next caller gets a new one. `callers`: callers bring their own. */
export type CredentialState = KeeperState | 'unused' | 'idle' | 'callers'

/** One credential, and the APIs that it opens. */
export interface CredentialStatus {
  apis: { name: ApiName; at: string; address: string }[]
  strategy: (AuthSettings | CallerAuthSettings)['strategy']
  clientId?: string
  user?: string
  audience?: string
  scope?: string
  /** Who gives tokens: a URL without its query. */
  identityProvider?: string
  state: CredentialState
  /** 0: there is none that could be sent. */
  usableForMs: number
  /** How long it is used in all. */
  lifeMs?: number
  acquiredAgoMs?: number
  /** Until the next attempt that is planned; absent if none is. */
  nextAttemptInMs?: number
  isTrying: boolean
  lastAttempt?: { ok: boolean; endedAgoMs: number; tookMs: number }
  lastFailure?: { code: string; message: string; fault: Fault }
  /** Of a token that is a JWT. */
  claims?: Record<string, ShownClaim>
}
