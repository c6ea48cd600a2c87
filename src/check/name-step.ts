import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { egressProxyUrl } from '../config/egress.ts'
import { errorCode } from '../config/error-code.ts'
import { bareHost } from '../config/hosts.ts'
import type { ConnectionSettings } from '../config/settings.ts'
import { type Finding, ok } from './step.ts'
import { connectionDiagnosis } from './symptoms.ts'

/** The addresses of a server, or of the egress proxy that looks them up itself. */
export async function nameFinding(url: URL, { egressProxy }: ConnectionSettings): Promise<Finding> {
  const proxy = egressProxy && egressProxyUrl(await egressProxy.read())
  if (proxy === undefined) return addressesOf(url.hostname, [])
  const by = `The egress proxy ${proxy.host} looks up ${bareHost(url.hostname)}.`
  return addressesOf(proxy.hostname, [by], 'egress-proxy-unreachable')
}

async function addressesOf(hostname: string, before: readonly string[], instead?: string): Promise<Finding> {
  const host = bareHost(hostname)
  if (isIP(host) !== 0) return ok([...before, `${host} is an address.`], { addresses: [host] })
  try {
    const addresses = (await lookup(host, { all: true })).map(({ address }) => address)
    return ok([...before, `${host}: ${addresses.join(', ')}`], { addresses })
  } catch (error) {
    const code = errorCode(error) ?? 'unknown'
    const detail = [...before, `The look-up of ${host} failed (${code}).`]
    return { status: 'failed', detail, ...connectionDiagnosis(instead ?? code, host) }
  }
}
