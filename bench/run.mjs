/**
 * The proxy beside others that could stand in its place, measured in one run: `npm run bench`. See README.md here.
 * Exits with 1 if a case failed on any proxy, with 2 if it could not begin.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cases } from './cases.mjs'
import { chart } from './chart.mjs'
import { launchCluster, tokenOf } from './cluster.mjs'
import { callOnce } from './drive.mjs'
import { atExit, coresOfThisMachine, pinSelf } from './launch.mjs'
import { direct, underLoad } from './load.mjs'
import { longPolls } from './long-polls.mjs'
import { lacking, machine, NEEDED } from './machine.mjs'
import { memoryOver } from './million.mjs'
import { readOptions } from './options.mjs'
import { proxies } from './proxies.mjs'
import { renewalRound } from './renewal.mjs'
import { report } from './report.mjs'
import { medians } from './statistics.mjs'

/** The number of the token that the peers send, and callers without a proxy; an identity provider counts from 1. */
const FIXED_TOKEN = 0
const say = (line) => process.stderr.write(`${line}\n`)

/** Ends the run before it has begun. */
function giveUp(message) {
  say(`bench: ${message}`)
  process.exit(2)
}

function optionsOrNone() {
  try {
    return readOptions(process.argv.slice(2))
  } catch (error) {
    return giveUp(error.message)
  }
}

const options = optionsOrNone()
const missing = lacking(NEEDED)
if (missing.length > 0) giveUp(`not on the path: ${missing.join(', ')}`)
const cores = coresOfThisMachine()
const facts = machine(cores)
pinSelf(cores.load)

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
atExit(() => rmSync(folder, { recursive: true, force: true }))
const goProgram = join(folder, 'reverse-proxy')
const cluster = await launchCluster({ folder, cores: cores.cluster })
cluster.allow(FIXED_TOKEN)
const authorization = `Bearer ${tokenOf(FIXED_TOKEN)}`
const driving = {
  cores: cores.load,
  threads: cores.loadThreads,
  seconds: options.seconds,
}

/** Those of the chosen proxies that are here, and for the others the reason why not. */
function gather() {
  const [present, absent] = [[], []]
  for (const name of options.proxies) {
    const { label, needs, build } = proxies[name]
    try {
      const missing = lacking(needs)
      if (missing.length > 0) throw new Error(`${missing.join(', ')} is not on the path`)
      build?.(goProgram)
      present.push(name)
    } catch (error) {
      absent.push(`${label} is left out: ${error.message.trim()}`)
    }
  }
  return { present, absent }
}

const originOf = (tls) => (tls ? `https://127.0.0.1:${cluster.tlsPort}` : `http://127.0.0.1:${cluster.port}`)

async function start(name, { upstream = originOf(false), ca, tokenLifetimeS } = {}) {
  const place = {
    folder,
    cores: cores.proxy,
    upstream,
    ca,
    authorization,
    cluster,
    tokenLifetimeS,
    goProgram,
  }
  const { start, warmUpCpuSeconds } = proxies[name]
  return { ...(await start(place)), warmUpCpuSeconds }
}

async function withProxy(name, how, run) {
  const proxy = await start(name, how)
  try {
    return await run(proxy)
  } finally {
    await proxy.stop()
  }
}

/** For each kind of case: the figures of one proxy in one round, and which of them take part. */
const kinds = {
  load: {
    of: (name, kind) =>
      name === 'direct'
        ? direct(originOf(kind.tls), kind, { ...driving, authorization })
        : withProxy(name, { upstream: originOf(kind.tls), ca: kind.tls ? cluster.ca : undefined }, (proxy) =>
            underLoad(proxy, kind, driving),
          ),
    takesPart: () => true,
  },
  polls: {
    of: (name, { connections }) => longPolls((upstream) => start(name, { upstream }), connections),
    takesPart: () => true,
  },
  renewal: {
    of: (name, kind, round) =>
      renewalRound(round, (tokenLifetimeS) => start(name, { tokenLifetimeS }), kind, driving),
    takesPart: (name) => name === 'ours',
  },
  million: {
    of: (name, kind) => withProxy(name, {}, (proxy) => memoryOver(options.requests, proxy, kind, driving)),
    takesPart: (name, round) => name === 'ours' && round === 0,
  },
}

/** Who is measured in a case, in an order that moves on from round to round. */
function turns(present, caseName, round) {
  const { kind, direct } = cases[caseName]
  const all = [...(direct ? ['direct'] : []), ...present].filter(
    (name) => kinds[kind].takesPart(name, round) && (proxies[name]?.only?.includes(caseName) ?? true),
  )
  const from = round % Math.max(all.length, 1)
  return [...all.slice(from), ...all.slice(0, from)]
}

async function measured(caseName, name, round) {
  const kind = cases[caseName]
  try {
    const figures = await kinds[kind.kind].of(name, kind, round)
    say(`round ${round + 1}, ${caseName}, ${name}: ${gist(figures)}`)
    return figures
  } catch (error) {
    say(`round ${round + 1}, ${caseName}, ${name}: FAILED: ${error.message}`)
    return { failed: error.message }
  }
}

function gist({ requestsPerSecond, cpuMicros, p50 }) {
  if (requestsPerSecond === undefined) return 'done'
  const cpu = cpuMicros === undefined ? '' : `, ${cpuMicros.toFixed(1)} µs of CPU each`
  return `${Math.round(requestsPerSecond)} requests/s, p50 ${p50} µs${cpu}`
}

async function measureAll(present) {
  const results = Object.fromEntries(options.cases.map((name) => [name, { rounds: {} }]))
  for (let round = 0; round < options.rounds; round++) {
    for (const caseName of options.cases) {
      const { rounds } = results[caseName]
      for (const name of turns(present, caseName, round)) {
        rounds[name] ??= []
        rounds[name].push(await measured(caseName, name, round))
      }
    }
  }
  for (const each of Object.values(results)) each.medians = mediansOf(each.rounds)
  return results
}

/** What failed once has no median: it stands there as failed. */
function mediansOf(rounds) {
  const of = (figures) => figures.find((each) => each.failed !== undefined) ?? summary(figures)
  return Object.fromEntries(Object.entries(rounds).map(([name, figures]) => [name, of(figures)]))
}

const summary = (figures) => (figures.length === 1 ? figures[0] : medians(figures))

/** Throws if the cluster answers anybody without a credential: what a proxy is worth would not be seen. */
async function mustRefuse() {
  for (const { call } of Object.values(cases)) {
    if (call === undefined) continue
    const status = await callOnce(originOf(false), call)
    if (status !== 401) throw new Error(`the cluster gave ${status} to a caller without a credential`)
  }
}

await mustRefuse()
const { present, absent } = gather()
absent.forEach(say)
const startedAt = performance.now()
const results = {
  machine: facts,
  settings: { rounds: options.rounds, seconds: options.seconds },
  absent,
  cases: await measureAll(present),
  minutes: 0,
}
results.minutes = Number(((performance.now() - startedAt) / 60_000).toFixed(1))
await cluster.stop()

const text = report(results)
mkdirSync(options.out, { recursive: true })
writeFileSync(join(options.out, 'latest.json'), `${JSON.stringify(results, null, 2)}\n`)
writeFileSync(join(options.out, 'latest.md'), text)
const picture = chart(results)
if (picture !== undefined) writeFileSync(join(options.out, 'chart.svg'), picture)
process.stdout.write(`\n${text}`)
const failed = Object.values(results.cases).some((each) => Object.values(each.medians).some((m) => m.failed))
process.exit(failed ? 1 : 0)
