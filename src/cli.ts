#!/usr/bin/env node
import { type Command, ExitCode } from './commands/command.ts'
import { shutDiagnostics } from './commands/diagnostics.ts'
import { SettingsError } from './errors.ts'

/** Loaded when they run: nobody pays for a command that was not asked for. */
const commands: Record<string, () => Promise<Command>> = {
  start: async () => (await import('./commands/start.ts')).start,
  demo: async () => (await import('./commands/demo.ts')).demo,
  config: async () => (await import('./commands/config.ts')).config,
  check: async () => (await import('./commands/check.ts')).check,
  wait: async () => (await import('./commands/wait.ts')).wait,
  help: async () => (await import('./commands/help.ts')).help,
  version: async () => (await import('./commands/version.ts')).version,
}

const aliases: Record<string, string> = {
  '--help': 'help',
  '-h': 'help',
  '--version': 'version',
  '-v': 'version',
}

async function main(argv: readonly string[]): Promise<number | undefined> {
  const first = argv[0] ?? 'start'
  const alias = aliases[first]
  const named = alias ?? (first.startsWith('-') ? 'start' : first)
  const command = commands[named]
  if (command === undefined) {
    process.stderr.write(`camunda-auth-proxy: there is no command ${first}; see camunda-auth-proxy help\n`)
    return ExitCode.badSettings
  }
  const args = argv.slice(named === first || alias !== undefined ? 1 : 0)
  const run = await command()
  return run({ args, env: process.env, stdout: process.stdout, stderr: process.stderr })
}

/** One line, or one for each fault; never a stack, which would bury it. */
function report(error: unknown): number {
  if (error instanceof SettingsError) {
    const lines = error.message.split('\n').map((line) => `  ${line}\n`)
    process.stderr.write(`camunda-auth-proxy: the settings cannot be used:\n${lines.join('')}`)
    return ExitCode.badSettings
  }
  process.stderr.write(`camunda-auth-proxy: ${error instanceof Error ? error.message : 'an unknown error'}\n`)
  return ExitCode.failed
}

shutDiagnostics()
// A reader who has left, or a full disk, is no reason to end.
for (const output of [process.stdout, process.stderr]) output.on('error', () => {})
const code = await main(process.argv.slice(2)).catch(report)
if (code !== undefined) process.exit(code)
