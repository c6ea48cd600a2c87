import { bareHost, httpUrl, isWildcard } from '../config/hosts.ts'

/** The address at which a program of this machine reaches a listener: one on all addresses is on loopback, too. */
export function localUrl(host: string, port: number): string {
  const bare = bareHost(host)
  return httpUrl(isWildcard(bare) ? loopbackLike(bare) : bare, port)
}

/** A listener on `::` may be one of IPv6 only. */
function loopbackLike(wildcard: string): string {
  return wildcard === '::' ? '::1' : '127.0.0.1'
}
