import { setTimeout as sleep } from 'node:timers/promises'
import { isWildcard } from '../config/hosts.ts'
import { loadSome } from '../config/load.ts'
import { SettingsError } from '../errors.ts'
import { type Command, ExitCode, takeFlag } from './command.ts'

const DEFAULT_TIMEOUT_S = 30
const POLL_MS = 200
const PROBE_MS = 2_000

/** `camunda-auth-proxy wait [--timeout SECONDS]`: returns once the running proxy is ready; for scripts and health checks. */
export const wait: Command = async ({ args, env, stderr }) => {
  const { value, rest } = takeFlag(args, 'timeout')
  const timeoutS = value === undefined ? DEFAULT_TIMEOUT_S : Number(value)
  if (!(timeoutS >= 0) || value?.trim() === '') throw badSetting('timeout', 'a number of seconds')
  const { adminHost, adminPort } = await loadSome(['adminHost', 'adminPort'], rest, env)
  if (adminPort === 'off') throw badSetting('adminPort', 'a port: there is nothing to ask while it is off')
  const host = isWildcard(adminHost) ? '127.0.0.1' : adminHost
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${adminPort}/readyz`
  const end = performance.now() + timeoutS * 1_000
  for (;;) {
    const why = await whyNotReady(url)
    if (why === undefined) return ExitCode.ok
    if (performance.now() >= end) {
      stderr.write(`not ready: ${why}\n`)
      return ExitCode.failed
    }
    await sleep(POLL_MS)
  }
}

async function whyNotReady(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })
    if (answer.ok) return undefined
    const body: unknown = await answer.json()
    return typeof body === 'object' && body !== null && 'why' in body
      ? String(body.why)
      : `status ${answer.status}`
  } catch {
    return `nothing answers at ${url}`
  }
}

function badSetting(setting: string, expected: string): SettingsError {
  return new SettingsError([{ setting, source: 'command line', expected }])
}
