import type { Dispatcher } from 'undici'
import { apiNames, apis } from '../config/apis.ts'
import type { BaseUrl } from '../config/base-url.ts'

/**
 * Which headers pass, in both directions: pure functions from flat name-value lists to flat name-value lists.
 * Order, spelling and repetitions of what passes are kept.
 */

/** What the name of a header, and a method, is made of: a token (RFC 9110 section 5.6.2). */
export const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

/** Meant for one connection only (RFC 9110 section 7.6.1), and those that were once (RFC 2616 section 13.5.1). */
const HOP_BY_HOP = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]

/** The header in which a caller proves that it may use this proxy. */
export const CALLER_TOKEN_HEADER = 'x-camunda-proxy-token'

/**
 * Not for the cluster. The caller's own credentials would compete with ours, and a cookie beside a bearer token
 * switches the cluster's CSRF protection on; a forwarding header would let the caller choose its own origin. Which page
 * may call was judged here: with its `Origin`, the cluster would judge it a second time, and knows it not.
 */
const DROPPED_UP = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'origin',
  'x-csrf-token',
  CALLER_TOKEN_HEADER,
])

const DROPPED_DOWN = new Set(HOP_BY_HOP)
/** Of a login that is ours: nobody else's business. */
const DROPPED_WITH_SESSION = new Set([...HOP_BY_HOP, 'set-cookie', 'x-csrf-token'])

/** What an answer is made to fit. */
export interface WayBack {
  /** Where the API is. */
  address: BaseUrl
  /** What callers put before its paths: '', `/clusters/NAME`, `/operate`. */
  mount: string
  /** What its paths begin with there, if it has the address to itself; undefined for those that share the cluster's. */
  root: string | undefined
  /** It was got with a login that is ours. */
  hasSession: boolean
}

/**
 * The caller's headers as the cluster gets them, with our entry in `Via` (RFC 9110 section 7.6.3) and no credential
 * yet. The pseudonym is unique to this process, so that a request that comes back is known.
 */
export function headersUp(raw: readonly string[], pseudonym: string): string[] {
  const named = connectionOptions(raw)
  const passed: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string // within the bounds, by the loop's condition
    const lower = comparable(name)
    if (DROPPED_UP.has(lower) || lower.startsWith('x-forwarded-') || named?.has(lower)) continue
    passed.push(name, raw[i + 1] as string)
  }
  passed.push('via', `1.1 ${pseudonym}`)
  return passed
}

/**
 * The cluster's headers as the caller gets them. `Access-Control-*` stays behind: which page may read through
 * this proxy is not for the cluster to say. A redirect within the cluster's API is made to stay with this proxy.
 */
export function headersDown(raw: readonly string[], back: WayBack): string[] {
  const dropped = back.hasSession ? DROPPED_WITH_SESSION : DROPPED_DOWN
  const named = connectionOptions(raw)
  const passed: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string // within the bounds, by the loop's condition
    const lower = name.toLowerCase()
    if (dropped.has(lower) || lower.startsWith('access-control-') || named?.has(lower)) continue
    const value = raw[i + 1] as string
    passed.push(name, lower === 'location' ? localLocation(value, back) : value)
  }
  return passed
}

/**
 * The same headers, with one each of these values (by name, in lower case) in the place of all that are there by their
 * names; undefined takes a header away.
 */
export function withHeaders(
  raw: readonly string[],
  values: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  if (values.size === 0) return raw
  const passed: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string // within the bounds, by the loop's condition
    if (!values.has(comparable(name))) passed.push(name, raw[i + 1] as string)
  }
  for (const [name, value] of values) if (value !== undefined) passed.push(name, value)
  return passed
}

/** Whether a message with these headers has come through the proxy of this pseudonym before. */
export function hasPassed(raw: readonly string[], pseudonym: string): boolean {
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.length === 3 && raw[i]?.toLowerCase() === 'via' && raw[i + 1]?.includes(pseudonym))
      return true
  }
  return false
}

/** The first value of a header, whose name is given in lower case; undefined if it is not there. */
export function headerValue(name: string, raw: readonly string[]): string | undefined {
  for (let i = 0; i + 1 < raw.length; i += 2)
    if (raw[i]?.length === name.length && raw[i]?.toLowerCase() === name) return raw[i + 1]
  return undefined
}

/** Header bytes as Node writes them: one character for each byte. */
export function latin1(raw: Dispatcher.DispatchController['rawHeaders']): string[] {
  return Array.isArray(raw)
    ? raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')))
    : []
}

/** In lower case, and with hyphens: gateways that make variables of headers (RFC 3875 section 4.1.18) read `_` as one. */
function comparable(name: string): string {
  const lower = name.toLowerCase()
  return lower.includes('_') ? lower.replaceAll('_', '-') : lower
}

/** The names that `Connection` declares to be meant for this connection only. */
function connectionOptions(raw: readonly string[]): Set<string> | undefined {
  let options: Set<string> | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.length !== 10 || raw[i]?.toLowerCase() !== 'connection') continue
    options ??= new Set()
    for (const option of (raw[i + 1] as string).split(',')) options.add(option.trim().toLowerCase())
  }
  return options
}

function localLocation(location: string, { address, mount, root }: WayBack): string {
  const { origin, basePath } = address
  const path = location.startsWith(`${origin}/`) ? location.slice(origin.length) : location
  // With two slashes, it is another host (RFC 3986 section 4.2).
  if (path.startsWith('//') || !path.startsWith(basePath)) return location
  const rest = path.slice(basePath.length)
  if (rest.startsWith('//')) return location
  const isServed = root === undefined ? isShared(rest) : isBelow(rest, root)
  return isServed ? mount + rest : location
}

/** Behind the address of a cluster: what callers find below its mount. */
function isShared(path: string): boolean {
  const target = path.replace(/#.*/, '')
  return apiNames.some((name) => !apis[name].ownAddress && apis[name].prefix.test(target))
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root) && (root.endsWith('/') || /^[/?#]|^$/.test(path.slice(root.length)))
}
