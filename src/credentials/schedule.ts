/**
 * When to renew, when to stop using, when to try again: pure arithmetic on milliseconds. `random` is a number
 * from 0 to 1 that the caller draws.
 */

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Of what does not say how long it lasts. */
export const DEFAULT_LIFETIME = 5 * MINUTE
/** A lifetime of more than a day is not believed: renewing daily costs nothing, an eternal token may be revoked. */
export const MAX_LIFETIME = 24 * 60 * MINUTE

/** Where the lifetime is taken from if the identity provider does not give one (RFC 6749 section 5.1 only recommends it). */
export function lifetimeMs(expiresInS: unknown, token: string): number {
  const seconds = positiveNumber(expiresInS) ?? jwtLifetimeS(token)
  return seconds === undefined ? DEFAULT_LIFETIME : Math.min(seconds * SECOND, MAX_LIFETIME)
}

function jwtLifetimeS(token: string): number | undefined {
  const { iat, exp } = jwtTimes(token)
  return iat === undefined || exp === undefined ? undefined : positiveNumber(exp - iat)
}

/**
 * When a JWT was issued and when it ends (RFC 7519 section 4.1), in seconds since 1970, read without trust: it is
 * our own token, for our own timetable. Empty for a token of another kind.
 */
export function jwtTimes(token: string): { iat?: number | undefined; exp?: number | undefined } {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null) return {}
    const { iat, exp }: { iat?: unknown; exp?: unknown } = claims
    return { iat: positiveNumber(iat), exp: positiveNumber(exp) }
  } catch {
    return {}
  }
}

function positiveNumber(value: unknown): number | undefined {
  const number = finiteNumber(value)
  return number !== undefined && number > 0 ? number : undefined
}

/** A number, written as one or as text, as some servers do. */
export function finiteNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/**
 * The life of a credential that was asked for at `sentAt`: renewed at 70 to 80 % of it, so that a fleet does not
 * renew in step, and used until a margin before its end that covers clocks and the way to the cluster.
 */
export function timetable(
  sentAt: number,
  { lifetimeMs: lifetime, renewAfterMs = lifetime }: { lifetimeMs: number; renewAfterMs?: number },
  random: number,
): { renewAt: number; usableUntil: number } {
  const margin = lifetime < 20 * SECOND ? 0.1 * lifetime : clamp(0.05 * lifetime, 2 * SECOND, 10 * SECOND)
  const renewInMs = Math.min(lifetime, renewAfterMs) * (0.7 + 0.1 * random)
  return { renewAt: sentAt + renewInMs, usableUntil: sentAt + lifetime - margin }
}

/** The pause after the nth failure in a row (from 1) while the old credential can be used for `usableForMs` more. */
export function retryWhileUsableMs(failures: number, usableForMs: number, random: number): number {
  return withEqualJitter(doubled(SECOND, failures, Math.min(30 * SECOND, usableForMs / 3)), random)
}

/** The pause after the nth failure in a row (from 1) when no credential has been usable for `unusableForMs`. */
export function retryWhileUnusableMs(failures: number, unusableForMs: number, random: number): number {
  return withEqualJitter(doubled(SECOND, failures, unusableForMs < MINUTE ? 5 * SECOND : 30 * SECOND), random)
}

/** The pause after the identity provider refused the client for the nth time in a row (from 1). */
export function retryAfterRefusalMs(refusals: number): number {
  return doubled(30 * SECOND, refusals, 10 * MINUTE)
}

/** How long no renewal is forced after the cluster refused a fresh credential for the nth time in a row (from 1). */
export function pauseAfterRejectionMs(rejections: number): number {
  return doubled(MINUTE, rejections, 10 * MINUTE)
}

/** How far the next forced renewal is from the nth one of a series (from 1). */
export function pauseAfterForcingMs(forcings: number): number {
  return doubled(5 * SECOND, forcings, 10 * MINUTE)
}

function doubled(first: number, times: number, cap: number): number {
  return Math.min(first * 2 ** Math.min(times - 1, 30), cap)
}

/** Half of the pause is certain, half is drawn: spread out, and never close to zero. */
function withEqualJitter(pause: number, random: number): number {
  return pause / 2 + (pause / 2) * random
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high)
}
