import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { bareHost, isLoopback, isWildcard } from '../config/hosts.ts'
import { Problem } from '../errors.ts'
import { tokenOf } from './caller-check.ts'
import { answerTo, isPreflight } from './cors.ts'

/** Who may call. */
export interface GuardPolicy {
  /** Host names and IP literals that `Host` may name, in lower case, IPv6 without brackets. */
  allowedHosts: ReadonlySet<string>
  /** Whether any IP literal will do: an address cannot be rebound by DNS as a name can. For listeners beyond loopback. */
  anyIpLiteral: boolean
  /** Origins whose pages may call, as browsers write them. */
  allowedOrigins: ReadonlySet<string>
  /** Whether a token that was sent in `X-Camunda-Proxy-Token` will do; undefined if none is asked for. */
  isCallerToken: ((token: string) => boolean) | undefined
  /** Whether a request that a page made is for a page of our own: only the admin listener has one. */
  isForOwnPage?: (request: IncomingMessage) => boolean
}

const MAX_REMEMBERED_HOSTS = 64
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1']

/** The policy of a listener on `host` (undefined for a Unix socket): its own names, and those that were allowed. */
export function guardPolicy(
  host: string | undefined,
  allowedHosts: readonly string[],
  isCallerToken: GuardPolicy['isCallerToken'],
  allowedOrigins: readonly string[] = [],
): GuardPolicy {
  const own = host === undefined || isWildcard(host) ? LOOPBACK_NAMES : [...LOOPBACK_NAMES, host]
  return {
    allowedHosts: new Set([...own, ...allowedHosts].map(bareHost)),
    anyIpLiteral: host !== undefined && !isLoopback(host),
    allowedOrigins: new Set(allowedOrigins),
    isCallerToken,
  }
}

/**
 * Makes the check that comes before all others: returns the problem that a request is refused with, or undefined.
 *
 * It keeps out web pages, which can make a browser call any local port: one that was rebound to this address by
 * its `Host`, any other by what browsers say of themselves, for reads as well as for writes. A preflight of an allowed
 * page passes without a caller token: whoever asks has to answer it, and not to forward it.
 */
export function makeGuard(policy: GuardPolicy): (request: IncomingMessage) => Problem | undefined {
  const { allowedOrigins } = policy
  const known = new Set<string>()
  const isKnown = (host: string) => {
    if (known.has(host)) return true
    if (!isAllowedHost(host, policy)) return false
    if (known.size < MAX_REMEMBERED_HOSTS) known.add(host)
    return true
  }
  return (request) => {
    const host = request.headers.host
    if (host === undefined || hostHeaders(request.rawHeaders) !== 1 || !isKnown(host)) {
      return new Problem('host-not-allowed', 'The Host header is missing, repeated, or names another host.')
    }
    const sign = signOfForeignPage(request.headers, allowedOrigins)
    if (sign !== undefined && policy.isForOwnPage?.(request) !== true)
      return new Problem('origin-not-allowed', sign)
    if (allowedOrigins.size > 0) answerTo(request.headers.origin, request)
    if (policy.isCallerToken?.(tokenOf(request.headers)) === false && !isPreflight(request)) {
      return new Problem('caller-not-authenticated', 'The header X-Camunda-Proxy-Token is missing or wrong.')
    }
    return undefined
  }
}

/**
 * Whether a `Host` value, port or not, names one of the allowed hosts. Case and a trailing dot do not matter. No machine
 * has the address 0.0.0.0: pages use it to reach this one, and browsers then leave `Sec-Fetch-Site` out.
 */
function isAllowedHost(host: string, policy: Pick<GuardPolicy, 'allowedHosts' | 'anyIpLiteral'>): boolean {
  if (!/^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(host) || !URL.canParse(`http://${host}/`))
    return false
  const name = bareHost(new URL(`http://${host}/`).hostname)
  // In octal, hexadecimal or fewer parts, an IPv4 address is an address to some and a name to others.
  if (isIP(name) === 4 && !host.startsWith(name)) return false
  return policy.allowedHosts.has(name) || (policy.anyIpLiteral && isIP(name) !== 0 && !isWildcard(name))
}

/**
 * What shows that a page made a request, or may have; undefined if nothing does.
 *
 * Browsers say so themselves: `Origin` on all but plain navigations and images, `Sec-Fetch-Site` on everything that goes
 * to a loopback address or over https. `none` is somebody typing the address. Even the gateway's own origin is refused: it
 * serves no page, so a page there can only be a document that came through it. What an allowed page loads in ways that
 * send no `Origin` is refused, too: nobody could tell it from what others load.
 */
function signOfForeignPage(headers: IncomingHttpHeaders, allowed: ReadonlySet<string>): string | undefined {
  const { origin } = headers
  if (origin !== undefined) return allowed.has(origin) ? undefined : bySign('Origin')
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site === 'none' ? undefined : bySign('Sec-Fetch-Site')
  return isOfBrowser(headers)
    ? 'The request was made by a browser that does not say which page asked.'
    : undefined
}

function bySign(header: string): string {
  return `The request was made by a web page that is not allowed (${header} says so).`
}

/** Pages can neither leave these two out nor, without `Origin`, put another `User-Agent`; programs do not send both. */
function isOfBrowser(headers: IncomingHttpHeaders): boolean {
  return headers['accept-language'] !== undefined && headers['user-agent']?.startsWith('Mozilla/5.0') === true
}

function hostHeaders(raw: readonly string[]): number {
  let count = 0
  for (let i = 0; i < raw.length; i += 2)
    if (raw[i]?.length === 4 && raw[i]?.toLowerCase() === 'host') count++
  return count
}

/** Compares with one token, as digests: of equal length whatever was sent, and in constant time. */
export function isToken(expected: string): (token: string) => boolean {
  const hash = digest(expected)
  return (token) => timingSafeEqual(digest(token), hash)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
