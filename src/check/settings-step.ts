import { connect } from 'node:net'
import { httpUrl, isWildcard } from '../config/hosts.ts'
import type { LoadedSettings } from '../config/load.ts'
import type { Settings } from '../config/settings.ts'
import { diagnose } from './diagnoses.ts'
import { type Finding, ok } from './step.ts'

/** What is in force, and where it came from. */
export function settingsFinding({ effective, warnings }: LoadedSettings): Finding {
  const given = effective.filter(({ source }) => source !== 'default')
  const shown = (value: unknown) => (value === undefined ? '[redacted]' : [value].flat().join(','))
  const detail = given.map(({ name, value, source }) => `${name} = ${shown(value)} (${source})`)
  const facts = {
    settings: given.map(({ name, value, source }) => ({ name, value: shown(value), source })),
    warnings,
  }
  const warned = warnings.map((warning) => `warning: ${warning}`)
  return { status: warnings.length > 0 ? 'warning' : 'ok', detail: [...detail, ...warned], facts }
}

/** Whether a proxy runs already; either is fine. */
export async function listenerFinding({ listen, admin }: Settings, signal: AbortSignal): Promise<Finding> {
  if ('socket' in listen)
    return (await answers({ path: listen.socket })) ? inUse(listen.socket) : free(listen.socket)
  const host = isWildcard(listen.host) ? '127.0.0.1' : listen.host
  const at = `${host}:${listen.port}`
  if (!(await answers({ host, port: listen.port }))) return free(at)
  // Over a socket of its own it would have to be asked in another way, and what listens is for information only.
  if (admin === undefined || 'socket' in admin) return inUse(at)
  const adminHost = isWildcard(admin.host) ? '127.0.0.1' : admin.host
  const isOurs = await isProbe(httpUrl(adminHost, admin.port), signal)
  return isOurs
    ? ok([`A proxy listens on ${at}.`], { listening: true, proxy: true })
    : {
        status: 'warning',
        detail: [`Something listens on ${at}.`],
        facts: { listening: true, proxy: false },
        ...diagnose('listener-taken', { host: at }),
      }
}

function free(at: string): Finding {
  return ok([`Nothing listens on ${at} yet.`], { listening: false })
}

function inUse(at: string): Finding {
  return ok([`Something listens on ${at}.`], { listening: true })
}

function answers(target: { host: string; port: number } | { path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...target, timeout: 1_000 })
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false))
  })
}

async function isProbe(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/livez`, { signal, redirect: 'manual' })
    return answer.ok
  } catch {
    return false
  }
}
