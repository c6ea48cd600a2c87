/** What a start takes, what the program takes when it has nothing to do, and which packages that is for. */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { labCluster, labIdp, labProxy } from './lab.mjs'
import { launch, stop } from './launch.mjs'
import { memory } from './process.mjs'
import { selfTimes } from './profile.mjs'
import { medians } from './statistics.mjs'

const STARTS = 9
const IDLE_MS = 2_000
const LARGEST = 10
const BARE =
  "require('node:http').createServer().listen(0, '127.0.0.1', () => process.stdout.write('listening'))"

const idp = await labIdp()
const cluster = await labCluster(idp, (_request, response) => response.end('{}'))
const folder = mkdtempSync(join(tmpdir(), 'bench-start-'))
try {
  const rounds = { program: [], bare: [] }
  for (let round = 0; round < STARTS; round++) {
    rounds.program.push(await startProgram())
    rounds.bare.push(await startBare())
  }
  const [program, bare] = [medians(rounds.program), medians(rounds.bare)]
  table(
    [`medians of ${STARTS} starts, Node.js ${process.versions.node}`, 'program', 'bare node:http'],
    [
      ['exec to listening, ms', whole(program.listening), whole(bare.listening)],
      ['exec to token, ms', whole(program.token), ''],
      [`RSS after ${IDLE_MS / 1_000} s, MB`, mb(program.rss), mb(bare.rss)],
      [`PSS after ${IDLE_MS / 1_000} s, MB`, mb(program.pss), mb(bare.pss)],
    ],
  )
  table(
    ['CPU time of one start by package', 'ms'],
    largest(await profiled(), 1_000).map(([name, ms]) => [name, ms.toFixed(1)]),
  )
  const installed = installedBytes()
  table(
    ['installed size by package', 'MB'],
    [...largest(installed, 1e6), [`all ${installed.size}`, sum(installed) / 1e6]].map(([name, size]) => [
      name,
      size.toFixed(2),
    ]),
  )
} finally {
  rmSync(folder, { recursive: true })
  idp.close()
  cluster.close()
}

async function startProgram() {
  const proxy = await labProxy(idp.url, cluster.url)
  const listening = performance.now() - proxy.startedAt
  const token = await proxy.ready()
  await sleep(IDLE_MS)
  const figures = { listening, token, ...memory(proxy.pid) }
  await proxy.stop()
  return figures
}

/** The floor: a server that does nothing. */
async function startBare() {
  const startedAt = performance.now()
  const child = launch(process.execPath, ['-e', BARE], { stdio: ['ignore', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const listening = performance.now() - startedAt
  await sleep(IDLE_MS)
  const figures = { listening, ...memory(child.pid) }
  await stop(child)
  return figures
}

/** CPU time of one start in microseconds, by package. */
async function profiled() {
  const nodeFlags = ['--cpu-prof', '--cpu-prof-interval', '200', '--cpu-prof-dir', folder]
  const proxy = await labProxy(idp.url, cluster.url, [], { nodeFlags })
  await proxy.ready()
  await proxy.stop()
  const file = readdirSync(folder).find((name) => name.endsWith('.cpuprofile'))
  return selfTimes(JSON.parse(readFileSync(join(folder, file), 'utf8')))
}

/** Bytes of the unpacked tarball and of each package that is installed with it, by the lock file. */
function installedBytes() {
  const pack = ['pack', '--json', '--pack-destination', folder]
  const [tarball] = JSON.parse(
    execFileSync('npm', pack, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  process.stdout.write(`tarball: ${whole(tarball.size / 1e3)} kB, ${tarball.files.length} files\n\n`)
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'))
  const production = Object.keys(packages).filter((path) => path !== '' && !packages[path].dev)
  const sizes = new Map([['camunda-auth-proxy', tarball.unpackedSize]])
  for (const path of production) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    sizes.set(name, (sizes.get(name) ?? 0) + bytesIn(path))
  }
  return sizes
}

/** Of the files in a folder, without the packages below it, which count on their own. */
function bytesIn(path) {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return 0
  if (!statSync(path).isDirectory()) return statSync(path).size
  const entries = readdirSync(path).filter((name) => name !== 'node_modules')
  return entries.reduce((bytes, name) => bytes + bytesIn(join(path, name)), 0)
}

function largest(sizes, unit) {
  const sorted = [...sizes].sort(([, a], [, b]) => b - a)
  return sorted.slice(0, LARGEST).map(([name, size]) => [name, size / unit])
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |\n`
  const rule = head.map((_, column) => (column === 0 ? '---' : '--:'))
  process.stdout.write(`${[head, rule, ...rows].map(line).join('')}\n`)
}

function sum(sizes) {
  return [...sizes.values()].reduce((total, size) => total + size, 0)
}

function whole(value) {
  return Math.round(value).toLocaleString('en-US')
}

function mb(bytes) {
  return (bytes / 1e6).toFixed(1)
}
