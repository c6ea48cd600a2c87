#!/usr/bin/env node
import { CommandError, ExitCode, takeSwitch } from './commands/command.ts'
import { commands } from './commands/commands.ts'
import { shutDiagnostics } from './commands/diagnostics.ts'
import { SettingsError } from './errors.ts'

const aliases: Record<string, string> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
  '-V': 'version',
}

async function main(argv: readonly string[], verbose: boolean): Promise<number | undefined> {
  const first = argv[0] ?? 'start'
  const alias = aliases[first]
  const named = alias ?? (first.startsWith('-') ? 'start' : first)
  const entry = Object.hasOwn(commands, named) ? commands[named] : undefined
  if (entry === undefined) return unknownCommand(first)
  const args = argv.slice(named === first || alias !== undefined ? 1 : 0)
  const asksForHelp = named !== 'help' && args.some((arg) => arg === '--help' || arg === '-h')
  const run = await (asksForHelp ? commands.help : entry)?.load()
  const context = { env: process.env, stdout: process.stdout, stderr: process.stderr, verbose }
  return run?.({ ...context, args: asksForHelp ? [named] : args })
}

async function unknownCommand(name: string): Promise<number> {
  const { suggestion } = await import('./config/layers.ts')
  const nearest = suggestion(name, Object.keys(commands))
  process.stderr.write(
    `camunda-auth-proxy: there is no command ${name}${nearest} (camunda-auth-proxy help lists them)\n`,
  )
  return ExitCode.badSettings
}

/** One line, or one for each fault. A stack would bury it: that is for who asks for it. */
async function report(error: unknown, verbose: boolean): Promise<number> {
  const say = (text: string) => process.stderr.write(`camunda-auth-proxy: ${text}\n`)
  if (error instanceof SettingsError) {
    const lines = error.message.split('\n')
    say(
      `the settings cannot be used:${lines.length === 1 ? ` ${lines[0]}` : lines.map((line) => `\n  ${line}`).join('')}`,
    )
    return ExitCode.badSettings
  }
  say(error instanceof Error ? error.message : 'an unknown error')
  if (verbose && !(error instanceof CommandError)) {
    const { describeError } = await import('./log.ts')
    process.stderr.write(`${describeError(error).stack ?? 'it has no stack'}\n`)
  }
  return ExitCode.failed
}

shutDiagnostics()
// A reader who has left, or a full disk, is no reason to end.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
const { isOn: verbose, rest } = takeSwitch(process.argv.slice(2), 'verbose')
const code = await main(rest, verbose).catch((error: unknown) => report(error, verbose))
if (code !== undefined) process.exit(code)
