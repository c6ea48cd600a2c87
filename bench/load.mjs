/** One proxy under the load of one case. */
import { setTimeout as sleep } from 'node:timers/promises'
import { callOnce, drive } from './drive.mjs'
import { cpuMicros, memory, withPeakMemory } from './process.mjs'

/**
 * What a proxy did and used: requests and bytes a second, processor time and memory, times in microseconds.
 * Throws if the proxy does not sign, or if any answer was not good.
 * @param {import('./proxies.mjs').Proxy} proxy
 * @param {{ call: import('./drive.mjs').Call, connections: number }} kind
 * @param {{ seconds: number, warmUpSeconds: number, cores: string, threads: number }} options
 */
export async function underLoad(proxy, { call, connections }, { seconds, warmUpSeconds, ...options }) {
  await mustSign(proxy.url, call)
  await sleep(300)
  const idle = memory(proxy.pid)
  const load = { ...call, connections }
  await drive(proxy.url, load, { ...options, seconds: warmUpSeconds })
  const { value, peak } = await withPeakMemory(proxy.pid, async () => {
    const before = cpuMicros(proxy.pid)
    const driven = await drive(proxy.url, load, { ...options, seconds })
    return { driven, cpu: cpuMicros(proxy.pid) - before }
  })
  const { driven, cpu } = value
  const bytes = Math.max(driven.requests * call.bodyBytes, driven.bytes)
  return {
    ...latencies(driven),
    cpuMicros: cpu / driven.requests,
    requestsPerCpuSecond: (driven.requests / cpu) * 1e6,
    bytesPerSecond: bytes / driven.seconds,
    bytesPerCpuSecond: (bytes / cpu) * 1e6,
    busy: cpu / 1e6 / driven.seconds,
    idle,
    peak,
  }
}

/** The same load without a proxy: what the cluster and the load generator make of it alone. */
export async function direct(url, { call, connections }, { warmUpSeconds, seconds, ...options }) {
  const load = { ...call, connections }
  await drive(url, load, { ...options, seconds: warmUpSeconds })
  return latencies(await drive(url, load, { ...options, seconds }))
}

/** Throws unless a request without a credential comes back with the cluster's answer. */
export async function mustSign(url, call) {
  const status = await callOnce(url, call)
  if (status !== 200) throw new Error(`a first request was answered with ${status}`)
}

function latencies({ requests, seconds, p50, p99, p999 }) {
  return { requests, requestsPerSecond: requests / seconds, p50, p99, p999 }
}
