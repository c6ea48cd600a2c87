import { check as runCheck } from '../check/check.ts'
import { progressText, stepText, summaryText } from '../check/report.ts'
import { type LoadedSettings, loadSettings } from '../config/load.ts'
import type { ClusterSettings, Settings } from '../config/settings.ts'
import { SettingsError } from '../errors.ts'
import { badFlag, type Command, type CommandContext, ExitCode, takeFlag, takeSwitch } from './command.ts'

const DEFAULT_TIMEOUT_S = 10
/** More is no patience but a mistake, and more than a timer can wait for. */
const MAX_TIMEOUT_S = 600
const ERASE_LINE = '\r\x1b[2K'

interface Flags {
  timeoutMs: number
  cluster: string | undefined
  json: boolean
  /** The settings'. */
  rest: readonly string[]
}

/** `camunda-auth-proxy check`: goes the way of a request step by step, and says what is wrong and what to do about it. */
export const check: Command = async (context) => {
  const { isOn: json, rest } = takeSwitch(context.args, 'json')
  try {
    return await checked(context, flagsOf(rest, json))
  } catch (error) {
    if (!json || !(error instanceof SettingsError)) throw error
    context.stdout.write(asJson({ ok: false, steps: [unusable(error)] }))
    return ExitCode.badSettings
  }
}

async function checked(context: CommandContext, { timeoutMs, cluster, json, rest }: Flags): Promise<number> {
  const { env, stdout } = context
  const loaded: LoadedSettings = await loadSettings(rest, env)
  const clusters = chosen(loaded.settings, cluster)
  const look = {
    symbols: stdout.isTTY === true,
    colours: stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb',
  }
  const live = look.symbols && env.TERM !== 'dumb'
  const report = await runCheck(loaded, {
    clusters,
    timeoutMs,
    onStart: (plan) => !json && live && stdout.write(progressText(plan)),
    onStep: (step) => !json && stdout.write(`${live ? ERASE_LINE : ''}${stepText(step, look)}`),
  })
  stdout.write(json ? asJson(report) : summaryText(report, look))
  return report.ok ? ExitCode.ok : ExitCode.failed
}

function flagsOf(args: readonly string[], json: boolean): Flags {
  const timeout = takeFlag(args, 'timeout')
  const cluster = takeFlag(timeout.rest, 'cluster')
  const seconds = timeout.value === undefined ? DEFAULT_TIMEOUT_S : Number(timeout.value)
  if (!(seconds > 0 && seconds <= MAX_TIMEOUT_S))
    throw badFlag('timeout', `seconds, more than 0 and up to ${MAX_TIMEOUT_S}`)
  return { timeoutMs: seconds * 1_000, cluster: cluster.value, json, rest: cluster.rest }
}

function chosen({ clusters }: Settings, name: string | undefined): readonly ClusterSettings[] {
  if (name === undefined) return [...clusters.values()]
  const cluster = clusters.get(name)
  if (cluster === undefined) throw badFlag('cluster', `one of ${[...clusters.keys()].join(', ')}`)
  return [cluster]
}

/** A step as any other, with what is wrong in the place of what was found. */
function unusable({ message, faults }: SettingsError) {
  return {
    name: 'settings',
    tried: 'reading the settings',
    status: 'failed',
    tookMs: 0,
    detail: message.split('\n'),
    facts: { faults },
    cause: 'The settings cannot be used.',
    cure: 'Change what the details name.',
  }
}

function asJson(report: object): string {
  return `${JSON.stringify(report, undefined, 2)}\n`
}
