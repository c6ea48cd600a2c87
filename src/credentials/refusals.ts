/**
 * What a proxy remembers of refusals for the one that is started after it: pure functions on texts and numbers.
 * Instants are in milliseconds since 1970, since they outlive a process.
 */

/** What was said last to whoever asked for a credential. */
export interface Refusal {
  at: number
  /** Nobody is to be asked again before this instant. */
  notBefore: number
  /** How many there were in a row; 0: no refusal, but a wait that was asked for (`Retry-After`). */
  times: number
  /** The word for it, as in the log. */
  code: string
  /** By which the secret that was refused is known again; empty where it does not matter. */
  proof: string
}

/** By the identity of what is asked for. */
export type Refusals = ReadonlyMap<string, Refusal>

const LONGEST_PAUSE_MS = 10 * 60_000
/** After this it is a new story: the pauses begin anew. */
const FORGOTTEN_AFTER_MS = 60 * 60_000
const MAX_ENTRIES = 100
/** More than the entries can take. */
export const MAX_REFUSALS_BYTES = 64 * 1024
const WORD = /^[\w.-]{1,64}$/
const PROOF = /^[\w.-]{0,128}$/
const IDENTITY = /^[\w-]{43}$/
const VERSION = 1

/** How long the pause still is: never longer than it was, nor than ten minutes, though somebody set the clock back. */
export function pauseLeftMs({ at, notBefore }: Refusal, now: number): number {
  return Math.max(0, Math.min(notBefore - now, notBefore - at, LONGEST_PAUSE_MS))
}

/** Reads what was remembered, leaving out what is old or makes no sense. @throws SyntaxError if it is no such text */
export function parseRefusals(text: string, now: number): Map<string, Refusal> {
  const content: unknown = JSON.parse(text)
  const entries =
    isRecord(content) && content.version === VERSION && isRecord(content.entries)
      ? Object.entries(content.entries)
      : undefined
  if (entries === undefined) throw new SyntaxError('it is not of this program')
  return new Map(
    entries.filter(
      (entry): entry is [string, Refusal] => IDENTITY.test(entry[0]) && isRefusal(entry[1], now),
    ),
  )
}

/** The text for a file: a hundred entries at most, the newest. */
export function formatRefusals(refusals: Refusals): string {
  const newest = [...refusals].sort(([, a], [, b]) => b.at - a.at).slice(0, MAX_ENTRIES)
  const entries = Object.fromEntries(
    newest.map(([identity, { at, notBefore, times, code, proof }]) => [
      identity,
      { at, notBefore, times, code: WORD.test(code) ? code : 'refused', proof },
    ]),
  )
  return `${JSON.stringify({ version: VERSION, entries })}\n`
}

function isRefusal(value: unknown, now: number): value is Refusal {
  if (!isRecord(value)) return false
  const { at, notBefore, times, code, proof } = value
  return (
    isInstant(at) &&
    isInstant(notBefore) &&
    // Those from the future, after the clock was set back, are forgotten like old ones.
    Math.abs(now - notBefore) < FORGOTTEN_AFTER_MS &&
    isInstant(times) &&
    isText(code, WORD) &&
    isText(proof, PROOF)
  )
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === 'string' && pattern.test(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
