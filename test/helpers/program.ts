import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Test } from 'tap'
import { CLIENT_SECRET } from './proxy.ts'

export interface RunningProgram {
  child: ChildProcessByStdio<null, Readable, Readable>
  stdout(): string
  stderr(): string
  /** The first log line whose message holds this text; waits for it, and throws if the program ends before. */
  line(text: string): Promise<Record<string, unknown>>
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | string | null>
}

/**
 * The built program as a process of its own, killed when the test ends. Its environment is what is given and no more; it
 * remembers no refusals unless it is told where.
 */
export function runProgram(
  t: Test,
  args: readonly string[],
  env: Record<string, string> = {},
  /** A command, such as one that sets limits, that becomes the program. */
  before: readonly string[] = [],
): RunningProgram {
  const [command = '', ...rest] = [...before, process.execPath, 'dist/cli.js', ...args]
  const child = spawn(command, rest, {
    // What one test is refused is nothing to the next.
    env: { PATH: process.env.PATH ?? '', CAMUNDA_PROXY_STATE_FILE: 'off', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk)
  })
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string | null)
  t.teardown(() => child.kill('SIGKILL'))
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    async line(text) {
      for (;;) {
        const found = stdout.split('\n').find((line) => line.startsWith('{') && line.includes(text))
        if (found !== undefined) return JSON.parse(found) as Record<string, unknown>
        const end = await Promise.race([once(child.stdout, 'data').then(() => 'more'), ended])
        if (end !== 'more' && !stdout.includes(text)) {
          throw new Error(`ended with ${end} before it said ${text}: ${stdout}${stderr}`)
        }
      }
    },
  }
}

/** What `start` needs to run against these two, on free ports. */
export function programEnv(clusterUrl: string, tokenUrl: string): Record<string, string> {
  return {
    ZEEBE_REST_ADDRESS: clusterUrl,
    ZEEBE_AUTHORIZATION_SERVER_URL: tokenUrl,
    ZEEBE_CLIENT_ID: 'test-client',
    ZEEBE_CLIENT_SECRET: CLIENT_SECRET,
    CAMUNDA_PROXY_PORT: '0',
    CAMUNDA_PROXY_ADMIN_PORT: '0',
  }
}
