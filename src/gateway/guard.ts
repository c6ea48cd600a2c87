import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { bareHost, isLoopback, isWildcard } from '../config/hosts.ts'
import { Problem } from '../errors.ts'
import { tokenOf } from './caller-check.ts'

/** Who may call. */
export interface GuardPolicy {
  /** Host names and IP literals that `Host` may name, in lower case, IPv6 without brackets. */
  allowedHosts: ReadonlySet<string>
  /** Whether any IP literal will do: an address cannot be rebound by DNS as a name can. For listeners beyond loopback. */
  anyIpLiteral: boolean
  /** Whether a token that was sent in `X-Camunda-Proxy-Token` will do; undefined if none is asked for. */
  isCallerToken: ((token: string) => boolean) | undefined
}

const MAX_REMEMBERED_HOSTS = 64
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '::1']

/** The policy of a listener on `host` (undefined for a Unix socket): its own names, and those that were allowed. */
export function guardPolicy(
  host: string | undefined,
  allowedHosts: readonly string[],
  isCallerToken: GuardPolicy['isCallerToken'],
): GuardPolicy {
  const own = host === undefined || isWildcard(host) ? LOOPBACK_NAMES : [...LOOPBACK_NAMES, host]
  return {
    allowedHosts: new Set([...own, ...allowedHosts].map(bareHost)),
    anyIpLiteral: host !== undefined && !isLoopback(host),
    isCallerToken,
  }
}

/**
 * Makes the check that comes before all others: returns the problem that a request is refused with, or undefined.
 *
 * It keeps out web pages, which can make a browser call any local port: one that was rebound to this address by
 * its `Host`, any other by `Origin` or `Sec-Fetch-Site`, for reads as well as for writes.
 */
export function makeGuard(policy: GuardPolicy): (request: IncomingMessage) => Problem | undefined {
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
    if (comesFromPage(request)) {
      return new Problem(
        'origin-not-allowed',
        'The request was made by a web page (Origin or Sec-Fetch-Site says so).',
      )
    }
    if (policy.isCallerToken?.(tokenOf(request.headers)) === false) {
      return new Problem('caller-not-authenticated', 'The header X-Camunda-Proxy-Token is missing or wrong.')
    }
    return undefined
  }
}

/** Whether a `Host` value, port or not, names one of the allowed hosts. Case and a trailing dot do not matter. */
function isAllowedHost(host: string, policy: Pick<GuardPolicy, 'allowedHosts' | 'anyIpLiteral'>): boolean {
  if (!/^(?:\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.test(host) || !URL.canParse(`http://${host}/`))
    return false
  const name = bareHost(new URL(`http://${host}/`).hostname)
  // In octal, hexadecimal or fewer parts, an IPv4 address is an address to some and a name to others.
  if (isIP(name) === 4 && !host.startsWith(name)) return false
  return policy.allowedHosts.has(name) || (policy.anyIpLiteral && isIP(name) !== 0)
}

/**
 * Browsers say so themselves: `Origin` on all but plain navigations and images, `Sec-Fetch-Site` on everything.
 * `none` is somebody typing the address. Even this proxy's own origin is refused: it serves no page, so a page there
 * can only be a document that came through it.
 */
function comesFromPage(request: IncomingMessage): boolean {
  if (request.headers.origin !== undefined) return true
  const site = request.headers['sec-fetch-site']
  return site !== undefined && site !== 'none'
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
