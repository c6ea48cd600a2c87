import { BlockList, isIP } from 'node:net'
import { bareHost, isLoopback } from './hosts.ts'

/** The egress proxies as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name them. */
export interface EgressProxies {
  httpProxy: string | undefined
  httpsProxy: string | undefined
  /** A list, by commas or blanks: `*`, hosts with all that is below them, addresses and networks; each with a port or not. */
  noProxy: string | undefined
}

/** What is said of a URL that cannot be used, which may hold a password. */
export const EGRESS_PROXY_EXPECTED =
  'a URL such as http://proxy.example:3128, with special characters of a password percent-encoded'

/**
 * The URL of an egress proxy: http or https, and nothing but an address and a user; undefined if the text is none.
 * Without a scheme it is taken for http, as everybody does. A path would most likely be the rest of a password.
 */
export function egressProxyUrl(text: string): URL | undefined {
  const address = text.includes('://') ? text : `http://${text}`
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  const isPlain = url.pathname === '/' && url.search === '' && url.hash === ''
  return isPlain && /^https?:$/.test(url.protocol) ? url : undefined
}

interface Target {
  host: string
  port: string
}

/** The egress proxy on the way to a URL, as it was given; undefined: none. This machine is never reached through one. */
export function egressProxyFor(url: URL, proxies: EgressProxies): string | undefined {
  const proxy = url.protocol === 'https:' ? proxies.httpsProxy : proxies.httpProxy
  if (proxy === undefined || proxy === '' || isLoopback(url.hostname)) return undefined
  const target = {
    host: bareHost(url.hostname),
    port: url.port || (url.protocol === 'https:' ? '443' : '80'),
  }
  const exceptions = (proxies.noProxy ?? '').split(/[\s,]+/).filter((entry) => entry !== '')
  return exceptions.some((entry) => covers(entry, target)) ? undefined : proxy
}

function covers(entry: string, target: Target): boolean {
  const { host, port } = splitPort(entry)
  if (port !== undefined && port !== target.port) return false
  if (host === '*') return true
  const family = isIP(target.host)
  if (family !== 0) return network(host)?.check(target.host, family === 4 ? 'ipv4' : 'ipv6') === true
  const name = bareHost(host.replace(/^\*?\./, ''))
  return name !== '' && (target.host === name || target.host.endsWith(`.${name}`))
}

/** `host:port`, `[::1]:port` or neither: an address of IPv6 without brackets has no port. */
function splitPort(entry: string): { host: string; port: string | undefined } {
  const found = isIP(entry) === 6 ? null : /^(.+):(\d+)$/.exec(entry)
  const host = found?.[1]
  return host === undefined ? { host: entry, port: undefined } : { host, port: String(Number(found?.[2])) }
}

/** The addresses of `10.0.0.1`, `10.0.0.0/8`, `fd00::/8` and the like; undefined if it is none of these. */
function network(entry: string): BlockList | undefined {
  const [address = '', bits, ...more] = bareHost(entry).split('/')
  const family = isIP(bareHost(address))
  if (family === 0 || more.length > 0) return undefined
  const longest = family === 4 ? 32 : 128
  const prefix = bits === undefined ? longest : Number(bits)
  if (bits === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > longest) return undefined
  const list = new BlockList()
  list.addSubnet(bareHost(address), prefix, family === 4 ? 'ipv4' : 'ipv6')
  return list
}
