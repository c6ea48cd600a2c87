import { apiNames, apis } from './apis.ts'
import { decoded, decodedBytes, MAX_DECODINGS } from './percent.ts'

/** What one line of an allow-list lets through. */
export interface Rule {
  /** Undefined: every method. */
  methods: ReadonlySet<string> | undefined
  /** Percent-decoded; undefined stands for any one segment. */
  segments: readonly (string | undefined)[]
  /** Whether anything, or nothing, may follow the segments. */
  open: boolean
}

/** A segment of a path, as rules see it. */
export interface Segment {
  /** Percent-decoded once, as a server does; undefined if that cannot be done. */
  text: string | undefined
  /** Whether it is one segment, and not an empty one, to every reader: however often decoded, parameters cut off or not. */
  single: boolean
}

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']
const FIRST_SEGMENTS = new Set(['*', '**', ...apiNames.map((name) => apis[name].at.split('/')[1] ?? '')])
const MAX_LENGTH = 1_024

/**
 * Reads `METHOD[,METHOD…] PATTERN`, where `*` stands for all methods, in a pattern for one segment, and a last `**` for
 * any rest, even none. GET includes HEAD (RFC 9110 section 9.3.2). Whatever cannot be read gives a sentence that
 * completes "expected …" and does not repeat the text.
 */
export function parseRule(text: string): Rule | string {
  if (text.length > MAX_LENGTH) return `no more than ${MAX_LENGTH.toLocaleString('en')} characters`
  const [, methods, pattern] = /^([A-Z*,]+)[ \t]+(\/\S*)$/.exec(text.trim()) ?? []
  if (methods === undefined || pattern === undefined)
    return 'METHOD[,METHOD…] PATTERN in capitals, such as GET,POST /v2/process-instances/**, or * PATTERN for every method'
  const names = methods === '*' ? undefined : methods.split(',')
  if (names?.every((name) => METHODS.includes(name)) === false)
    return `methods out of ${METHODS.join(', ')}, separated by commas alone, or * for every method`
  const raw = pattern.slice(1).split('/')
  if (!FIRST_SEGMENTS.has(raw[0] ?? ''))
    return `a pattern that begins like ${apiNames.map((name) => apis[name].at).join(', ')}`
  const open = raw.at(-1) === '**'
  const fixed = open ? raw.slice(0, -1) : raw
  const fault = fixed.map(segmentFault).find((found) => found !== undefined)
  if (fault !== undefined) return fault
  return {
    methods: names && new Set(names.includes('GET') ? [...names, 'HEAD'] : names),
    segments: fixed.map((segment) => (segment === '*' ? undefined : decodeURIComponent(segment))),
    open,
  }
}

/** What is wrong with a segment of a pattern. */
function segmentFault(segment: string): string | undefined {
  if (segment === '*') return undefined
  if (segment === '**') return '** at the end of the pattern only'
  if (segment.includes('*')) return '* to be a whole segment of the pattern (%2A is the character)'
  if (/[?#]/.test(segment)) return 'a path without query and fragment'
  const text = decoded(segment)
  if (text === undefined) return 'a pattern in valid percent-encoding'
  if (text === '' || text === '.' || text === '..') return 'no empty segments or dot segments in the pattern'
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[/\\;\u0000-\u001f\u007f]/.test(text))
    return 'segments without slash, backslash, semicolon and control characters, encoded or not, in the pattern'
  return undefined
}

/** Splits a path, which may have a query, into what `allows` takes. */
export function segmentsOf(path: string): readonly Segment[] {
  const queryAt = path.indexOf('?')
  const parts = (queryAt === -1 ? path : path.slice(0, queryAt)).split('/')
  // What stands before the first slash is no segment; a path has nothing there.
  return parts.slice(1).map((raw) => (/[%;]/.test(raw) ? readings(raw) : { text: raw, single: raw !== '' }))
}

/**
 * Whether a rule lets a request through. Segments are compared percent-decoded and in their own case, so that no
 * encoding makes a difference; one that could be read as several, or as none, is taken by a last `**` alone.
 */
export function allows(rule: Rule, method: string, segments: readonly Segment[]): boolean {
  const { length } = rule.segments
  if (segments.length < length || (segments.length > length && !rule.open)) return false
  if (rule.methods !== undefined && !rule.methods.has(method)) return false
  return rule.segments.every((expected, i) =>
    expected === undefined ? segments[i]?.single : segments[i]?.text === expected,
  )
}

function readings(raw: string): Segment {
  return { text: decoded(raw), single: isSingle(raw) }
}

function isSingle(raw: string): boolean {
  let text = raw
  for (let round = 0; round < MAX_DECODINGS; round++) {
    if (text === '' || text[0] === ';' || text.includes('/')) return false
    const next = decodedBytes(text)
    if (next === text) return true
    text = next
  }
  return false
}
