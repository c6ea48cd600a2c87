import { setTimeout as sleep } from 'node:timers/promises'
import { type AdminPlace, askAdmin, findAdmin, placeOf, textOf } from './ask-admin.ts'
import { badFlag, type Command, ExitCode, takeFlag } from './command.ts'
import { progressOn } from './progress.ts'

const DEFAULT_TIMEOUT_S = 30
const POLL_MS = 200
const PROBE_MS = 2_000
const PATH = '/readyz'

/** `camunda-auth-proxy wait [--timeout SECONDS]`: returns once the running proxy is ready; for scripts and health checks. */
export const wait: Command = async ({ args, env, stderr }) => {
  const { value, rest } = takeFlag(args, 'timeout')
  const timeoutS = value === undefined ? DEFAULT_TIMEOUT_S : Number(value)
  if (!(timeoutS >= 0) || value?.trim() === '') throw badFlag('timeout', 'a number of seconds')
  const place = await findAdmin(rest, env)
  const progress = progressOn(stderr)
  const start = performance.now()
  for (;;) {
    const why = await whyNotReady(place)
    const spentMs = performance.now() - start
    if (why === undefined || spentMs >= timeoutS * 1_000) {
      progress.clear()
      if (why !== undefined) stderr.write(`not ready: ${why}\n`)
      return why === undefined ? ExitCode.ok : ExitCode.failed
    }
    progress.show(`waiting, ${Math.floor(spentMs / 1_000)} of ${timeoutS} s: ${why}`)
    await sleep(POLL_MS)
  }
}

async function whyNotReady(place: AdminPlace): Promise<string | undefined> {
  try {
    const { status, body } = await askAdmin(place, PATH, PROBE_MS)
    if (status >= 200 && status < 300) return undefined
    return textOf(body, 'why') ?? `${placeOf(place, PATH)} answers status ${status}`
  } catch {
    return `nothing answers at ${placeOf(place, PATH)}`
  }
}
