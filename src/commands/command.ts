import type { Writable } from 'node:stream'
import { SettingsError } from '../errors.ts'

/** What a command has to work with, so that a test can hand it something else. */
export interface CommandContext {
  /** What follows the command on the command line, without `--verbose`. */
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  stdout: Writable & { isTTY?: boolean }
  stderr: Writable & { isTTY?: boolean; columns?: number }
  /** `--verbose` was asked for. */
  verbose?: boolean
}

/** Runs to its end and returns the exit code, or undefined while it goes on (a listener). */
export type Command = (context: CommandContext) => Promise<number | undefined>

export const ExitCode = { ok: 0, failed: 1, badSettings: 2 } as const

/** A command cannot do what it is for. One sentence that says what to do, and no secret. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** Takes a command's own flag (`--name VALUE` or `--name=VALUE`) out of the arguments. */
export function takeFlag(
  args: readonly string[],
  name: string,
): { value: string | undefined; rest: string[] } {
  const at = args.findIndex((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`))
  if (at === -1) return { value: undefined, rest: [...args] }
  const inline = args[at]?.includes('=') ? args[at]?.slice(`--${name}=`.length) : undefined
  return { value: inline ?? args[at + 1] ?? '', rest: args.toSpliced(at, inline === undefined ? 2 : 1) }
}

/** Takes a command's own switch (`--name`) out of the arguments. */
export function takeSwitch(args: readonly string[], name: string): { isOn: boolean; rest: string[] } {
  const rest = args.filter((arg) => arg !== `--${name}`)
  return { isOn: rest.length < args.length, rest }
}

/** What is wrong with a command's own flag; `expected` completes "expected …". */
export function badFlag(setting: string, expected: string): SettingsError {
  return new SettingsError([{ setting, source: 'command line', expected }])
}
