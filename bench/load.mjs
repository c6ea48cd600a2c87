/** One proxy under the load of one case. */
import { setTimeout as sleep } from 'node:timers/promises'
import { callOnce, drive } from './drive.mjs'
import { cpuMicros, memory, waitedMicros, withPeakMemory } from './process.mjs'

/** However slow the machine, a warm-up of a proxy is over after so many runs of a second. */
const WARM_UP_RUNS = 10
/** Callers that are there for a warm-up at least: a lone one keeps a proxy waiting. */
const WARM_UP_CONNECTIONS = 8

/**
 * What a proxy did and used: requests and bytes a second, processor time and memory, times in microseconds; `busy` and
 * `waited` are the shares of the time in which it had its core, and in which others had it.
 * Throws if the proxy does not sign, or if any answer was not good.
 * @param {import('./proxies.mjs').Proxy} proxy
 * @param {{ call: import('./drive.mjs').Call, connections: number }} kind
 * @param {{ seconds: number, cores: string, threads: number }} options
 */
export async function underLoad(proxy, { call, connections }, options) {
  await mustSign(proxy.url, call)
  await sleep(300)
  const idle = memory(proxy.pid)
  const load = { ...call, connections }
  await warmUp(proxy, load, options)
  const { value, peak } = await withPeakMemory(proxy.pid, async () => {
    const before = { cpu: cpuMicros(proxy.pid), waited: waitedMicros(proxy.pid) }
    const driven = await drive(proxy.url, load, options)
    return {
      driven,
      cpu: cpuMicros(proxy.pid) - before.cpu,
      waited: Math.max(0, waitedMicros(proxy.pid) - before.waited),
    }
  })
  const { driven, cpu, waited } = value
  const bytes = Math.max(driven.requests * call.bodyBytes, driven.bytes)
  return {
    ...latencies(driven),
    cpuMicros: cpu / driven.requests,
    requestsPerCpuSecond: (driven.requests / cpu) * 1e6,
    bytesPerSecond: bytes / driven.seconds,
    bytesPerCpuSecond: (bytes / cpu) * 1e6,
    busy: cpu / 1e6 / driven.seconds,
    waited: waited / 1e6 / driven.seconds,
    idle,
    peak,
  }
}

/** Drives a proxy until it has worked as long as it takes to work as it will: a compiler at run time needs that. */
export async function warmUp(proxy, load, options) {
  const from = cpuMicros(proxy.pid)
  const connections = Math.max(load.connections, WARM_UP_CONNECTIONS)
  for (let run = 0; run < WARM_UP_RUNS && cpuMicros(proxy.pid) - from < proxy.warmUpCpuSeconds * 1e6; run++)
    await drive(proxy.url, { ...load, connections }, { ...options, seconds: 1 })
}

/** The same load without a proxy: what the cluster and the load generator make of it alone. */
export async function direct(url, { call, connections }, options) {
  const load = { ...call, connections }
  await drive(url, load, { ...options, seconds: 1 })
  return latencies(await drive(url, load, options))
}

/** Throws unless a request without a credential comes back with the cluster's answer. */
export async function mustSign(url, call) {
  const status = await callOnce(url, call)
  if (status !== 200) throw new Error(`a first request was answered with ${status}`)
}

function latencies({ requests, seconds, p50, p99, p999 }) {
  if (requests === 0) throw new Error('not one request was answered')
  return { requests, requestsPerSecond: requests / seconds, p50, p99, p999 }
}
