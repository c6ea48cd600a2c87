/**
 * What workers bring, and what they ask of the identity provider: `npm run bench:workers`, after which it prints requests
 * a second and processor time of a request with 1, 2 and 4 workers, and token requests. Proxy, cluster and load share all
 * cores: on two of them, the second worker gets what the others leave.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calls, launchCluster } from './cluster.mjs'
import { drive } from './drive.mjs'
import { labIdp, labProxy } from './lab.mjs'
import { atExit, coresOfThisMachine } from './launch.mjs'
import { cpuMicros, memory } from './process.mjs'
import { median } from './statistics.mjs'

const ROUNDS = 3
const COUNTS = [1, 2, 4]
const COLD_CALLERS = 50
const kind = { ...calls.topology, connections: 64 }

const { proxy: first, cluster: second, load } = coresOfThisMachine()
const all = [...new Set([first, second, ...load.split(',')])].join(',')
const driving = { cores: all, threads: 1, seconds: 3 }
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
atExit(() => rmSync(folder, { recursive: true, force: true }))
const cluster = await launchCluster({ folder, cores: all })

async function measure(workers) {
  const idp = await labIdp({ lifetimeS: 86_400, latencyMs: 200, onToken: cluster.allow })
  const proxy = await labProxy(idp.url, `http://127.0.0.1:${cluster.port}`, ['--workers', String(workers)], {
    cores: all,
  })
  try {
    const cold = Array.from({ length: COLD_CALLERS }, () => fetch(`${proxy.url}${kind.path}`))
    const served = (await Promise.all(cold)).filter(({ status }) => status === 200).length
    if (served !== COLD_CALLERS) throw new Error(`${served} of ${COLD_CALLERS} cold callers were served`)
    await drive(proxy.url, kind, driving)
    const before = cpuMicros(proxy.pid)
    const { requests, seconds } = await drive(proxy.url, kind, driving)
    return {
      requestsPerSecond: requests / seconds,
      cpuMicros: (cpuMicros(proxy.pid) - before) / requests,
      pssMegabytes: memory(proxy.pid).pss / 1e6,
      tokenRequests: idp.requests,
    }
  } finally {
    await proxy.stop()
    idp.close()
  }
}

const figures = new Map(COUNTS.map((workers) => [workers, []]))
for (let round = 0; round < ROUNDS; round++)
  for (const workers of COUNTS) figures.get(workers).push(await measure(workers))
await cluster.stop()

process.stdout.write('\n| workers | requests/s | CPU µs/request | PSS MB after load | token requests |\n')
process.stdout.write('| ------: | ---------: | -------------: | ----------------: | -------------: |\n')
for (const [workers, rounds] of figures) {
  const of = (name) => median(rounds.map((round) => round[name]))
  const [rate, micros, pss] = [of('requestsPerSecond'), of('cpuMicros'), of('pssMegabytes')].map(Math.round)
  const tokens = Math.max(...rounds.map(({ tokenRequests }) => tokenRequests))
  process.stdout.write(`| ${workers} | ${rate.toLocaleString('en-US')} | ${micros} | ${pss} | ${tokens} |\n`)
}
process.exit(0)
