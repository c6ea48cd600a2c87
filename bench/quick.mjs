/**
 * The guard against getting slower, in under two minutes: `npm run bench:quick`. Two figures that a busy machine hardly
 * changes: what a request costs beside a bare proxy of node:http and undici, measured in turn with it, and how many
 * bytes of the heap it takes. Exits with 1 where one is above its limit, with 2 if it could not begin.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calls, launchCluster, tokenOf } from './cluster.mjs'
import { drive } from './drive.mjs'
import { atExit, coresOfThisMachine, pinSelf } from './launch.mjs'
import { underLoad, warmUp } from './load.mjs'
import { lacking, NEEDED } from './machine.mjs'
import { proxies } from './proxies.mjs'
import { median } from './statistics.mjs'

const ROUNDS = 4
const SECONDS = 2
const CONNECTIONS = 64
/** Enough collections for what lies before the first and after the last not to matter. */
const HEAP_SECONDS = 4

/** A tenth above what was measured when it was set. */
const limits = [
  { what: 'small GET', call: calls.topology, cpuBesideBare: 0.98, heapBytes: 16_000 },
  { what: 'POST of 2 KiB for 10 KiB', call: calls.search, cpuBesideBare: 1.15, heapBytes: 45_000 },
]

const missing = lacking(NEEDED)
if (missing.length > 0) {
  process.stderr.write(`bench: not on the path: ${missing.join(', ')}\n`)
  process.exit(2)
}
const cores = coresOfThisMachine()
pinSelf(cores.load)
const folder = mkdtempSync(join(tmpdir(), 'bench-'))
atExit(() => rmSync(folder, { recursive: true, force: true }))
const cluster = await launchCluster({ folder, cores: cores.cluster })
cluster.allow(0)
const driving = { cores: cores.load, threads: cores.loadThreads, seconds: SECONDS }

async function withProxy(name, nodeFlags, run) {
  const upstream = `http://127.0.0.1:${cluster.port}`
  const authorization = `Bearer ${tokenOf(0)}`
  const { start, warmUpCpuSeconds } = proxies[name]
  const proxy = await start({ folder, cores: cores.proxy, upstream, authorization, cluster, nodeFlags })
  try {
    return await run({ ...proxy, warmUpCpuSeconds })
  } finally {
    await proxy.stop()
  }
}

/** Processor time of a request of ours, as a multiple of that of a bare proxy: the median of rounds in turn. */
async function cpuBesideBare(kind) {
  const ratios = []
  for (let round = 0; round < ROUNDS; round++) {
    const micros = {}
    for (const name of round % 2 === 0 ? ['ours', 'bare'] : ['bare', 'ours'])
      micros[name] = (await withProxy(name, [], (proxy) => underLoad(proxy, kind, driving))).cpuMicros
    ratios.push(micros.ours / micros.bare)
  }
  return median(ratios)
}

/** What garbage collections found to have been taken since the one before, for each request. */
function heapBytes(kind) {
  return withProxy('ours', ['--trace-gc'], async (proxy) => {
    const load = { ...kind.call, connections: kind.connections }
    await warmUp(proxy, load, driving)
    const from = proxy.log().length
    const { requests } = await drive(proxy.url, load, { ...driving, seconds: HEAP_SECONDS })
    return taken(proxy.log().slice(from)) / requests
  })
}

function taken(log) {
  const collections = [...log.matchAll(/: (?:Scavenge|Mark-Compact)\D*? ([\d.]+) \([\d.]+\) -> ([\d.]+) /g)]
  return collections.reduce((sum, [, before], i) => {
    const after = collections[i - 1]?.[2]
    return after === undefined ? sum : sum + (Number(before) - Number(after)) * 1_024 * 1_024
  }, 0)
}

let isWorse = false
function tell(what, value, limit) {
  const verdict = value <= limit ? 'ok' : 'ABOVE ITS LIMIT'
  if (value > limit) isWorse = true
  process.stdout.write(`${what.padEnd(56)} ${value.toFixed(2).padStart(10)}  limit ${limit}  ${verdict}\n`)
}

for (const { what, call, ...limit } of limits) {
  const kind = { call, connections: CONNECTIONS }
  tell(`${what}: CPU beside node:http and undici, bare (×)`, await cpuBesideBare(kind), limit.cpuBesideBare)
  tell(`${what}: heap taken by a request (bytes)`, await heapBytes(kind), limit.heapBytes)
}
await cluster.stop()
process.exit(isWorse ? 1 : 0)
