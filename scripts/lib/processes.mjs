/** The programs that a script starts and the folder that it works in: neither outlives the script, however it ends. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

const ANY_PORTS = { CAMUNDA_PROXY_PORT: '0', CAMUNDA_PROXY_ADMIN_PORT: '0' }

/** @type {Set<number>} */
const groups = new Set()
/** @type {string[]} */
const folders = []

process.once('exit', () => {
  for (const group of groups) endGroup(group)
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
})
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => process.exit(128 + number))
}

/**
 * A folder of its own, which is removed at the end.
 * @param {string} name
 */
export function workFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  folders.push(folder)
  return folder
}

/**
 * Starts a program as the leader of a process group, so that whatever it starts ends with it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined> }} options
 */
export function start(command, args, options = {}) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const { pid } = child
  let output = ''
  const note = (chunk) => {
    output += String(chunk)
  }
  child.stdout.on('data', note)
  child.stderr.on('data', note)
  const ended = new Promise((resolve) => {
    child.once('error', ({ message }) => resolve({ code: message }))
    child.once('close', (code, signal) => resolve({ code: code ?? signal }))
  })
  if (pid !== undefined) {
    groups.add(pid)
    child.once('exit', () => groups.delete(pid))
  }
  return {
    pid,
    /** What it has written so far, to either stream. */
    output: () => output,
    /** @type {Promise<{ code: number | string }>} Its exit code, the signal that ended it, or why it did not start. */
    ended,
    /** @param {NodeJS.Signals} signal */
    end(signal = 'SIGTERM') {
      if (pid !== undefined && groups.has(pid)) endGroup(pid, signal)
      return ended
    },
  }
}

/**
 * Runs a program to its end, or to the end of its time, and returns what it wrote, without colours.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, limitS?: number }} options
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export async function run(command, args, { limitS = 60, ...options } = {}) {
  const program = start(command, args, options)
  const timer = setTimeout(() => program.end('SIGKILL'), limitS * 1_000)
  const { code } = await program.ended
  clearTimeout(timer)
  const why = typeof code === 'string' ? `${code === 'SIGKILL' ? `ended after ${limitS} s` : code}\n` : ''
  return { ok: code === 0, output: why + stripVTControlCharacters(program.output()) }
}

/** A port of the loopback address that was free a moment ago. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/**
 * The built program, from the line that says where it listens on.
 * @param {string[]} args
 * @param {Record<string, string>} env
 */
export async function startProxy(args, env = {}) {
  const entry = new URL('../../dist/cli.js', import.meta.url).pathname
  const program = start(process.execPath, [entry, ...args], {
    // What one run is refused is nothing to the next.
    env: { PATH: process.env.PATH, ...ANY_PORTS, CAMUNDA_PROXY_STATE_FILE: 'off', ...env },
  })
  let hasEnded = false
  program.ended.then(() => {
    hasEnded = true
  })
  const lines = (text) =>
    program
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(text))
  const said = async (text, limitS = 15) => {
    await until(() => hasEnded || lines(text).length > 0, limitS, `the proxy says “${text}”`)
    if (lines(text).length === 0) throw new Error(`the proxy ended: ${program.output().trim().slice(-500)}`)
    return JSON.parse(lines(text)[0])
  }
  const { listening } = await said('"listening on')
  return { ...program, url: String(listening), lines, said }
}

/**
 * Waits until something holds, and returns how long that took, in milliseconds; throws when its time is over.
 * @param {() => unknown} holds
 * @param {number} limitS
 * @param {string} what
 */
export async function until(holds, limitS, what) {
  const startedAt = performance.now()
  while (!(await holds())) {
    if (performance.now() - startedAt > limitS * 1_000) throw new Error(`not within ${limitS} s: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return performance.now() - startedAt
}

/**
 * @param {number} leader
 * @param {NodeJS.Signals} signal
 */
function endGroup(leader, signal = 'SIGKILL') {
  try {
    process.kill(-leader, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}
