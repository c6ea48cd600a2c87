import { createHash } from 'node:crypto'
import { allows, parseRule, type Rule, segmentsOf } from './rules.ts'

/** Somebody who may call, known by a token of which only the digest is kept. */
export interface NamedCaller {
  name: string
  /** The SHA-256 of the token in UTF-8, in lower-case hex. */
  tokenHash: string
  /** Undefined: everything that the clusters let through. */
  allow: readonly Rule[] | undefined
  /** Undefined: every cluster. */
  clusters: ReadonlySet<string> | undefined
}

/** By the digest of their token, in hex. */
export type Callers = ReadonlyMap<string, NamedCaller>

/** What callers files call the cluster that is reached without a name, beside its own. */
export const DEFAULT_CLUSTER = 'default'

const MAX_CALLERS = 1_000
const MAX_RULES = 100
const MAX_CLUSTERS = 100
const MAX_FAULTS = 20
const KEYS = ['name', 'tokenHash', 'allow', 'clusters']
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
const A_NAME =
  'a name of no more than 63 letters, digits, dots, hyphens and underscores, beginning with a letter or digit'
const HASH = /^[\da-f]{64}$/i

/** Notes a fault at a place within an entry. */
type Report = (place: string, expected: string) => void

/**
 * Finds the caller whose token this is. How long the look-up takes may tell of the digest of what was sent, which
 * nobody can choose, and so nothing of a token.
 */
export function findCaller(callers: Callers, token: string): NamedCaller | undefined {
  return callers.get(createHash('sha256').update(token).digest('hex'))
}

/**
 * Whether a caller may send this, whatever the cluster's own policy says. The path is what `callerPath` gives; a
 * cluster may have more names than one.
 */
export function callerMay(
  caller: NamedCaller,
  method: string,
  path: string,
  cluster: readonly string[],
): boolean {
  const { clusters } = caller
  if (clusters !== undefined && !cluster.some((name) => clusters.has(name))) return false
  if (caller.allow === undefined) return true
  const segments = segmentsOf(path)
  return caller.allow.some((rule) => allows(rule, method, segments))
}

/**
 * Reads what a callers file holds once its YAML is parsed: `callers:` and a list of entries with `name`, `tokenHash`
 * (SHA-256 in hex) and, if wanted, `allow` (rules) and `clusters` (names). One fault and no caller is taken. Faults name
 * entries by their position and repeat nothing of what they hold.
 */
export function parseCallers(value: unknown): { callers: Callers } | { faults: readonly string[] } {
  const entries = isRecord(value) && Object.keys(value).join() === 'callers' ? value.callers : undefined
  if (!Array.isArray(entries)) return { faults: ['expected callers: and a list of them, and nothing else'] }
  if (entries.length > MAX_CALLERS)
    return { faults: [`callers: expected no more than ${MAX_CALLERS.toLocaleString('en')} entries`] }
  const faults: string[] = []
  const callers = entries.map((entry, i) =>
    readCaller(entry, (place, expected) => faults.push(`callers[${i}]${place}: expected ${expected}`)),
  )
  for (const i of repeats(callers.map((caller) => caller?.name)))
    faults.push(`callers[${i}].name: expected a name that no other entry has`)
  for (const i of repeats(callers.map((caller) => caller?.tokenHash)))
    faults.push(`callers[${i}].tokenHash: expected a token that no other entry has`)
  if (faults.length === 0) {
    const whole = callers.filter((caller) => caller !== undefined)
    return { callers: new Map(whole.map((caller) => [caller.tokenHash, caller])) }
  }
  const more = faults.length - MAX_FAULTS
  return { faults: more > 0 ? [...faults.slice(0, MAX_FAULTS), `and ${more} more`] : faults }
}

/** Reads an entry; what it returns is whole if no fault was reported, and undefined if it cannot be told apart. */
function readCaller(entry: unknown, report: Report): NamedCaller | undefined {
  if (!isRecord(entry) || !Object.keys(entry).every((key) => KEYS.includes(key))) {
    report('', `a mapping with ${KEYS.join(', ')} and no other keys`)
    return undefined
  }
  const { name, tokenHash, allow, clusters } = entry
  const isName = typeof name === 'string' && NAME.test(name)
  const isHash = typeof tokenHash === 'string' && HASH.test(tokenHash)
  if (!isName) report('.name', A_NAME)
  if (!isHash) report('.tokenHash', 'the SHA-256 of the token: 64 hexadecimal digits in quotes')
  const rules = readList(allow, parseRule, MAX_RULES, '.allow', report)
  const names = readList(clusters, readClusterName, MAX_CLUSTERS, '.clusters', report)
  if (!isName || !isHash) return undefined
  return {
    name,
    tokenHash: tokenHash.toLowerCase(),
    allow: rules,
    clusters: names && new Set(names.map((named) => named.cluster)),
  }
}

/** Reads a list that may be left out, but not empty: that could mean everything as well as nothing. */
function readList<Item extends object>(
  value: unknown,
  read: (text: string) => Item | string,
  max: number,
  place: string,
  report: Report,
): Item[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length === 0 || value.length > max) {
    report(place, `a list of 1 to ${max} entries, or none at all for everything`)
    return []
  }
  return value.flatMap((text: unknown, i) => {
    const item = typeof text === 'string' ? read(text) : 'a text'
    if (typeof item !== 'string') return [item]
    report(`${place}[${i}]`, item)
    return []
  })
}

function readClusterName(text: string): { cluster: string } | string {
  return NAME.test(text) ? { cluster: text } : A_NAME
}

/** The positions of values that have occurred before. */
function repeats(values: readonly (string | undefined)[]): number[] {
  const seen = new Set<string>()
  return values.flatMap((value, i) => {
    if (value === undefined) return []
    const again = seen.has(value)
    seen.add(value)
    return again ? [i] : []
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
