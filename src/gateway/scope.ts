import { type ApiName, apiNames, apis } from '../config/apis.ts'
import { decoded, decodedBytes, MAX_DECODINGS } from '../config/percent.ts'
import type { ProblemCode } from '../errors.ts'

/** Where a request may go: a target that passed every check, or the reason why it goes nowhere. */
export type Target =
  | {
      /** The name that was chosen by `/clusters/NAME`; undefined if none was. */
      cluster: string | undefined
      api: ApiName
      /** Path and query to append to the base path of the API's address. */
      url: string
    }
  | { refusal: ProblemCode; detail: string }

/** The APIs that a cluster was opted into, `v2` going without saying; undefined if there is no such cluster. */
export type Served = (cluster: string | undefined) => Apis | undefined

interface Apis {
  has(api: ApiName): boolean
}

/** What nearly every target looks like: `/v2` once, then segments that nobody can read in two ways. */
const PLAIN = /^\/v2(?!\/v2(?:[/?]|$))(?:\/[\w~-][\w.~-]*)*\/?(?:\?|$)/
const CLUSTER = /^\/+clusters\/+([^/?]+)/
/** How clusters may be named. */
const CLUSTER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
/** Only paths with one of these can hold a disguised dot segment or control character. */
const SUSPECT = /[%;\\]|\/\.\.?(?:\/|$)/
/** ASCII in more bytes than it takes (RFC 3629 section 3), and as JavaScript's `escape` writes it: some decode both. */
const FALSE_ESCAPE = /%c[01]%[89ab][\da-f]|%e0%[89][\da-f]%|%f0%8[\da-f]%|%u[\da-f]{4}/i
const NO_APIS: Apis = new Set()

/**
 * Checks a request target as it stood on the request line and says which API of which cluster it goes to, and the
 * target to forward: the same bytes, a cut or doubled prefix apart. Decoded any number of times, by whatever stands
 * behind us, it still points below the prefix of that API.
 */
export function checkTarget(target: string, served: Served = onlyV2): Target {
  if (PLAIN.test(target) && served(undefined) !== undefined)
    return { cluster: undefined, api: 'v2', url: target }
  const detail = badPath(target)
  if (detail !== undefined) return { refusal: 'bad-path', detail }
  const chosen = CLUSTER.exec(target)
  if (chosen === null) return checkApi(undefined, target, served(undefined))
  const [{ length }, name = ''] = chosen
  const opted = CLUSTER_NAME.test(name) ? served(name) : undefined
  if (opted === undefined) {
    return { refusal: 'unknown-cluster', detail: 'The path names a cluster that is not configured here.' }
  }
  return checkApi(name, target.slice(length), opted)
}

/** One cluster, without a name, and no API but `v2`. */
function onlyV2(cluster: string | undefined): Apis | undefined {
  return cluster === undefined ? NO_APIS : undefined
}

/** Finds the API that a path, already known to be safe, points to. */
function checkApi(cluster: string | undefined, target: string, opted: Apis | undefined): Target {
  const api = apiNames.find((name) => apis[name].prefix.test(target))
  if (api === undefined) return { refusal: 'path-not-allowed', detail: forwarded(opted) }
  if (opted === undefined) {
    return { refusal: 'unknown-cluster', detail: 'No cluster is meant without a name: /clusters/NAME/v2/…' }
  }
  if (api !== 'v2' && !opted.has(api)) {
    const detail = `${apis[api].at} is forwarded only if the setting apis names ${api}.`
    return { refusal: 'path-not-allowed', detail }
  }
  return { cluster, api, url: target.replace(apis[api].prefix, apis[api].upstream) }
}

function forwarded(opted: Apis = NO_APIS): string {
  const paths = apiNames.filter((name) => name === 'v2' || opted.has(name)).map((name) => apis[name].at)
  return `Nothing but ${paths.join(', ')} is forwarded.`
}

/** What is wrong with a target, its query apart; undefined if nothing is. */
function badPath(target: string): string | undefined {
  if (target[0] !== '/') return 'The request target is not a path: this is no forward proxy.'
  const queryAt = target.indexOf('?')
  const path = queryAt === -1 ? target : target.slice(0, queryAt)
  const detail = SUSPECT.test(path) ? fault(path) : undefined
  if (detail !== undefined) return detail
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
  if (/[\u0000-\u0020#\u007f-\uffff]/.test(path))
    return 'The path holds a character that has to be percent-encoded.'
  return undefined
}

/** What is wrong with a path, however often it is decoded; undefined if nothing is. */
function fault(path: string): string | undefined {
  let text = path
  for (let round = 0; round < MAX_DECODINGS; round++) {
    if (hasDotSegment(text)) return 'The path holds a dot segment.'
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
    if (/[\u0000-\u001f\u007f]/.test(text)) return 'The path holds an encoded control character.'
    if (text.includes('\\')) return 'The path holds a backslash.'
    if (FALSE_ESCAPE.test(text)) return 'The path holds an escape that is read in more than one way.'
    const strict = decoded(text)
    if (strict === undefined && round === 0) return 'The path is not valid percent-encoded UTF-8.'
    // Full-width dots, slashes and percent signs are folded into plain ones by some who compare names (Unicode, NFKC).
    const next = (strict ?? decodedBytes(text)).normalize('NFKC')
    if (next === text) return undefined
    text = next
  }
  return 'The path is encoded too many times over.'
}

/** Path parameters (`;…`) are cut off by servlet containers before they resolve dot segments. */
function hasDotSegment(path: string): boolean {
  return path.split(/[/\\]/).some((segment) => /^\.\.?(?:;|$)/.test(segment))
}

/** An answer to TRACE would show the credential; CONNECT opens a tunnel. Every other method may pass. */
export function isForwardable(method: string): boolean {
  return method !== 'TRACE' && method !== 'CONNECT'
}
