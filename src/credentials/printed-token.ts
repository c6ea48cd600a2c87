import { finiteNumber } from './schedule.ts'

/** What a command printed: a token, and when it ends if that was said, in milliseconds since 1970. */
export interface PrintedToken {
  token: string
  expiresAt: number | undefined
}

/** Where a token stands, in the words of OAuth (RFC 6749 section 5.1), of Azure's `az`, and of Kubernetes and others. */
const TOKENS = ['access_token', 'accessToken', 'token']

/** Where its end stands, the more exact before the less: `az` gives `expires_on` and, without a time zone, `expiresOn`. */
const ENDS: readonly [string, (value: unknown, now: number) => number | undefined][] = [
  ['expires_in', (value, now) => later(now, finiteNumber(value))],
  ['expires_on', instant],
  ['expires_at', instant],
  ['expiresOn', instant],
  ['expiresAt', instant],
  ['expirationTimestamp', instant],
]

/** Seconds since 1970 are below this until the year 5138, milliseconds have been above it since 1973. */
const LEAST_MILLISECONDS = 100_000_000_000

/**
 * Reads a token from what a command printed: the token alone, also as a text of JSON, or an object of JSON with one of
 * the names above, or such an object as `status` (Kubernetes' ExecCredential). Undefined if there is none.
 */
export function printedToken(output: string, now: number): PrintedToken | undefined {
  const text = output.trim()
  if (!/^[{"]/.test(text)) return { token: text, expiresAt: undefined }
  const value = parsed(text)
  return typeof value === 'string' ? { token: value, expiresAt: undefined } : fromObject(value, now)
}

function fromObject(value: unknown, now: number): PrintedToken | undefined {
  if (!isRecord(value)) return undefined
  const fields = isRecord(value.status) ? value.status : value
  const token = TOKENS.map((name) => fields[name]).find((found) => typeof found === 'string')
  if (token === undefined) return undefined
  const ends = ENDS.map(([name, read]) => read(fields[name], now))
  return { token, expiresAt: ends.find((end) => end !== undefined) }
}

/** A number of seconds or milliseconds since 1970, or a date that begins with its year; `az` gives local time. */
function instant(value: unknown): number | undefined {
  const number = finiteNumber(value)
  if (number !== undefined) return number < LEAST_MILLISECONDS ? number * 1_000 : number
  const date = typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(date) ? undefined : date
}

function later(now: number, seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : now + seconds * 1_000
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
