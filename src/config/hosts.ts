import { isIP } from 'node:net'
import { networkInterfaces } from 'node:os'

/** A host name in one spelling: lower case, no IPv6 brackets, no trailing dot. */
export function bareHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

/** Whether a host can only be this machine, whatever the network says. */
export function isLoopback(host: string): boolean {
  const name = bareHost(host)
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === '::1' || name === 'localhost' || name.endsWith('.localhost')
}

/** Whether listening on this host means listening on every address of the machine. */
export function isWildcard(host: string): boolean {
  return ['0.0.0.0', '::', ''].includes(bareHost(host))
}

/** Whether a connection to `target` would end at a listener on `listening`, as far as can be told without asking DNS. */
export function reaches(target: string, listening: string): boolean {
  if (bareHost(target) === bareHost(listening)) return true
  if (isIP(bareHost(target)) !== 0 && isIP(bareHost(listening)) !== 0 && !isWildcard(listening)) return false
  if (isLoopback(target)) return isLoopback(listening) || isWildcard(listening)
  return isWildcard(listening) && ownAddresses().has(bareHost(target))
}

function ownAddresses(): Set<string> {
  return new Set(
    Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((entry) => entry.address)),
  )
}

/** The `http` address of a listener, an IPv6 host in brackets. */
export function httpUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}
