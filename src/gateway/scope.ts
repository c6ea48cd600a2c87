import type { ProblemCode } from '../errors.ts'

/** Where a request may go: a target that passed every check, or the reason why it goes nowhere. */
export type Target = { url: string } | { refusal: ProblemCode; detail: string }

/** `//v2/x`, `/v2/v2/x` and `/v2//v2/x` are what SDKs make of a base URL that already ended in a slash or in `/v2`. */
const DOUBLED_PREFIX = /^\/+(?:v2\/+)*v2(?=\/|$)/
/** Only paths with one of these can hold a disguised dot segment or control character. */
const SUSPECT = /[%;\\]|\/\.\.?(?:\/|$)/
const MAX_DECODINGS = 5

/**
 * Checks a request target as it stood on the request line and returns the one to forward: the same bytes, a doubled
 * prefix apart. Decoded any number of times, by whatever stands behind us, it still points below `/v2`.
 */
export function checkTarget(target: string): Target {
  if (target[0] !== '/')
    return { refusal: 'bad-path', detail: 'The request target is not a path: this is no forward proxy.' }
  const queryAt = target.indexOf('?')
  const path = queryAt === -1 ? target : target.slice(0, queryAt)
  if (SUSPECT.test(path)) {
    const detail = fault(path)
    if (detail !== undefined) return { refusal: 'bad-path', detail }
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\u0000-\u0020#\u007f-\uffff]/.test(path)) {
    return { refusal: 'bad-path', detail: 'The path holds a character that has to be percent-encoded.' }
  }
  const prefix = DOUBLED_PREFIX.exec(path)
  if (prefix === null) return { refusal: 'path-not-allowed', detail: 'Only paths below /v2 are forwarded.' }
  return { url: prefix[0].length === 3 ? target : `/v2${target.slice(prefix[0].length)}` }
}

/** What is wrong with a path, however often it is decoded; undefined if nothing is. */
function fault(path: string): string | undefined {
  let decoded = path
  for (let round = 0; round < MAX_DECODINGS; round++) {
    if (hasDotSegment(decoded)) return 'The path holds a dot segment.'
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    if (/[\u0000-\u001f\u007f]/.test(decoded)) return 'The path holds an encoded control character.'
    if (decoded.includes('\\')) return 'The path holds a backslash.'
    const strict = decode(decoded)
    if (strict === undefined && round === 0) return 'The path is not valid percent-encoded UTF-8.'
    const next = strict ?? bytes(decoded)
    if (next === decoded) return undefined
    decoded = next
  }
  return 'The path is encoded too many times over.'
}

/** Path parameters (`;…`) are cut off by servlet containers before they resolve dot segments. */
function hasDotSegment(path: string): boolean {
  return path.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment))
}

/** What a lenient reader makes of a path that is not valid UTF-8 once decoded. */
function bytes(path: string): string {
  return path.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** An answer to TRACE would show the credential; CONNECT opens a tunnel. Every other method may pass. */
export function isForwardable(method: string): boolean {
  return method !== 'TRACE' && method !== 'CONNECT'
}
