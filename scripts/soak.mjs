/**
 * The built proxy under load for a long time, while its identity provider and its cluster fail in every way:
 * `node scripts/soak.mjs [--minutes 60] [--seed NUMBER] [--workers 0] [--rate 30]`. Needs a build, and Linux for what
 * it measures. The same seed makes the same faults and calls. Every failure that a caller sees has to be explained by a
 * fault that was made; ends with 1 if one is not, or if something does not return to where it was.
 */
import { randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { startProxy, until } from './lib/processes.mjs'
import { makeCallers } from './soak/callers.mjs'
import { startCluster } from './soak/cluster.mjs'
import { timetable } from './soak/faults.mjs'
import { lag } from './soak/lag.mjs'
import { handles, memory } from './soak/measure.mjs'
import { startProvider } from './soak/provider.mjs'
import { chance } from './soak/random.mjs'
import { report } from './soak/report.mjs'

const SECRET = 'soak-secret-5d1f0c'
/** From the last fault on, everything heals while the load goes on. */
const HEALING_MS = 15_000
const SAMPLE_MS = 1_000
/** Connections without a use are closed within this: those to the cluster and to the identity provider. */
const SETTLES_S = 30
/** What is open at one moment and not at another, a renewal above all. */
const HANDLES_MARGIN = 2

process.exit(await main(options()))

function options() {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '60' },
      seed: { type: 'string', default: String(randomInt(2 ** 31)) },
      workers: { type: 'string', default: '0' },
      rate: { type: 'string', default: '30' },
    },
  })
  return Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]))
}

/** @returns {Promise<number>} the exit code */
async function main({ minutes, seed, workers, rate }) {
  say(`soak: ${minutes} min, ${rate} calls/s, ${workers} workers, --seed ${seed}`)
  const provider = await startProvider(chance(seed, 'provider'))
  const cluster = await startCluster(provider.tokens, chance(seed, 'cluster'))
  const proxy = await startProxy(['start', ...(workers > 0 ? ['--workers', String(workers)] : [])], {
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_OAUTH_URL: provider.tokenUrl,
    CAMUNDA_CLIENT_ID: 'soak',
    CAMUNDA_CLIENT_SECRET: SECRET,
  })
  await until(() => provider.tokens.size > 0, 10, 'a token is issued')
  await sleep(1_000)
  const handlesBefore = handles(proxy.pid)

  const loadMs = minutes * 60_000
  const windows = [
    ...timetable(chance(seed, 'provider faults'), 'provider', loadMs - HEALING_MS),
    ...timetable(chance(seed, 'cluster faults'), 'cluster', loadMs - HEALING_MS),
  ]
  const { calls, memories, notes } = await load({ proxy, provider, cluster, windows, loadMs, rate, seed })

  const isSettled = () => handles(proxy.pid) <= handlesBefore + HANDLES_MARGIN && cluster.state.open === 0
  await until(isSettled, SETTLES_S, 'handles return').catch(() => {})
  const figures = { handlesBefore, handlesAfter: handles(proxy.pid), openAtCluster: cluster.state.open }
  const { code } = await proxy.end('SIGTERM')
  await Promise.all([provider.close(), cluster.close()])
  const secrets = [SECRET, 'soak-token-'].filter((secret) => proxy.output().includes(secret))
  const { text, reasons } = report({
    ...{ calls, windows, memories, minutes, provider, cluster, secrets, code, notes },
    ...{ handlesMargin: HANDLES_MARGIN, ...figures },
  })
  say(text)
  if (reasons.length > 0) say(`what the proxy wrote last:\n${proxy.output().slice(-4_000)}`)
  say(reasons.length === 0 ? `soak: ${calls.length} calls ok` : `soak: not ok, --seed ${seed}`)
  return reasons.length === 0 ? 0 : 1
}

/** Calls all the time, and makes each fault begin and end when it is due. */
async function load({ proxy, provider, cluster, windows, loadMs, rate, seed }) {
  const startedAt = performance.now()
  const now = () => performance.now() - startedAt
  const calls = []
  const memories = []
  const notes = { startedAt, longestLagMs: 0, mostOpen: 0 }
  const callers = makeCallers(proxy.url, chance(seed, 'callers'), now, (call) => calls.push(call))
  const places = { provider, cluster }
  const making = windows.map(async (window) => {
    await sleep(window.from - now())
    await places[window.place].begin(window.kind)
    await sleep(window.to - now())
    await places[window.place].end()
    window.to = now()
    window.lateMs = 2 * lag()
  })
  for (let count = 0, sampledAt = 0; now() < loadMs; count++) {
    const dueAt = (count * 1_000) / rate
    if (dueAt > now()) await sleep(dueAt - now())
    else notes.longestLagMs = Math.max(notes.longestLagMs, now() - dueAt)
    callers.call()
    notes.mostOpen = Math.max(notes.mostOpen, callers.open())
    if (now() < sampledAt + SAMPLE_MS) continue
    sampledAt = now()
    memories.push(memory(proxy.pid))
  }
  await Promise.all(making)
  await callers.leave()
  return { calls, memories, notes }
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
