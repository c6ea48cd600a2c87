/** Starts child processes on chosen cores, and sees to it that none outlives this one. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

const GRACE_MS = 15_000
const running = new Set()
const onExit = []

process.once('exit', () => {
  for (const child of running) endGroup(child)
  for (const action of onExit) action()
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => process.exit(128 + constants.signals[signal]))

/** Runs a synchronous action when this process ends, Ctrl+C included, after the children have been killed. */
export function atExit(action) {
  onExit.unshift(action)
}

/**
 * Starts a program, in a process group of its own so that its workers end with it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cores?: string, env?: NodeJS.ProcessEnv, stdio?: import('node:child_process').StdioOptions }} options
 *   `cores` as taskset takes them, `0` or `1,2`
 */
export function launch(command, args, { cores, env = process.env, stdio = 'pipe' } = {}) {
  const [program, ...rest] =
    cores === undefined ? [command, ...args] : ['taskset', '-c', cores, command, ...args]
  const child = spawn(program, rest, { env, stdio, detached: true })
  running.add(child)
  child.once('exit', () => running.delete(child))
  child.once('error', () => running.delete(child))
  return child
}

/** Ends a program with SIGTERM, or with SIGKILL if it has not gone after a while. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => endGroup(child), GRACE_MS)
  await gone
  clearTimeout(timer)
}

/** The last of what a program wrote to its standard error, to be shown if it fails. */
export function complaints(child) {
  let text = ''
  child.stdout?.resume()
  child.stderr?.setEncoding('utf8').on('data', (chunk) => {
    text = (text + chunk).slice(-4_000)
  })
  return () => text.trim()
}

/** A TCP port of the loopback that nobody listened on a moment ago. */
export async function freePort() {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until something listens on a port; throws if the program ends instead, or takes over 10 s. */
export async function listening(port, child, said) {
  const until = performance.now() + 10_000
  while (performance.now() < until && child.exitCode === null && child.signalCode === null) {
    if (await accepts(port)) return
    await sleep(20)
  }
  throw new Error(`nothing listens on port ${port}: ${said()}`)
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' })
    const settle = (yes) => {
      socket.destroy()
      resolve(yes)
    }
    socket.once('connect', () => settle(true)).once('error', () => settle(false))
  })
}

/** Where each part runs: the proxy on the first core, the cluster on the second, the load on what is left, if any. */
export function coresOfThisMachine() {
  const allowed = /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const cores = allowed.split(',').flatMap((part) => {
    const [from, to = from] = part.split('-').map(Number)
    return Array.from({ length: to - from + 1 }, (_, i) => from + i)
  })
  if (cores.length < 2) throw new Error('two cores are needed: one for the proxy, one for all else')
  const [proxy, cluster, ...rest] = cores
  const load = rest.length === 0 ? [cluster] : rest
  return {
    proxy: String(proxy),
    cluster: String(cluster),
    load: load.join(','),
    loadThreads: Math.min(load.length, 4),
  }
}

/** Moves this process, with every thread it has, to the given cores. */
export function pinSelf(cores) {
  execFileSync('taskset', ['-a', '-c', '-p', cores, String(process.pid)], { stdio: 'ignore' })
}

function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Gone already.
  }
}
