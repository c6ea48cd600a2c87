import { type EffectiveSetting, loadSettings } from '../config/load.ts'
import { type Command, ExitCode } from './command.ts'

/** `camunda-auth-proxy config`: the settings in force, each with its source, secrets redacted. */
export const config: Command = async ({ args, env, stdout, stderr }) => {
  const { effective, warnings } = await loadSettings(args, env)
  const rows = effective.map((setting) => [setting.name, shown(setting), setting.source] as const)
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  for (const [name, value, source] of rows) {
    stdout.write(`${name.padEnd(widths[0] ?? 0)}  ${value.padEnd(widths[1] ?? 0)}  ${source}\n`)
  }
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
  return ExitCode.ok
}

function shown({ value }: EffectiveSetting): string {
  if (value === undefined) return '[redacted]'
  return Array.isArray(value) ? value.join(',') || '(none)' : String(value)
}
