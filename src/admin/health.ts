import type { KeeperStatus } from '../credentials/keeper.ts'

/** What the probes look at. */
export interface Health {
  /** Undefined where callers bring clients of their own. */
  credential(): KeeperStatus | undefined
  isDraining(): boolean
  /** Whether a credential has ever been obtained. */
  hasStarted(): boolean
  /** Whether anybody listens for callers. */
  isServing(): boolean
}

/** A probe's word, and why. */
export interface Verdict {
  ok: boolean
  why: string
  credential?: string
  usableForS?: number
}

/** The first credential has been obtained. */
export function startupz(health: Health): Verdict {
  if (health.hasStarted()) return { ok: true, why: 'the first credential has been obtained' }
  return { ok: false, why: health.credential()?.lastFailure?.message ?? 'the first credential is on its way' }
}

/** The event loop turns, or nobody would read this. Depends on nothing else, lest a restart be tried as a cure. */
export function livez(): Verdict {
  return { ok: true, why: 'the process answers' }
}

/** A usable credential, and not shutting down. Never "the cluster is up": that would take healthy proxies out of service. */
export function readyz(health: Health): Verdict {
  const status = health.credential()
  if (!health.isServing() && !health.isDraining()) return { ok: false, why: 'no worker listens' }
  if (status === undefined)
    return health.isDraining() ? shuttingDown : { ok: true, why: 'callers bring clients of their own' }
  const { state, usableForMs, lastFailure, isIdle } = status
  const credential = { credential: state, usableForS: Math.floor(usableForMs / 1_000) }
  if (health.isDraining()) return { ...shuttingDown, ...credential }
  if (usableForMs > 0)
    return { ok: true, why: lastFailure?.message ?? 'a credential is usable', ...credential }
  // Not ready would mean no caller, and so for ever.
  if (isIdle) return { ok: true, why: 'idle: the next caller gets a new credential', ...credential }
  return { ok: false, why: lastFailure?.message ?? 'the first credential is on its way', ...credential }
}

const shuttingDown: Verdict = { ok: false, why: 'shutting down' }
