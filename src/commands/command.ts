import type { Writable } from 'node:stream'

/** What a command has to work with, so that a test can hand it something else. */
export interface CommandContext {
  /** What follows the command on the command line. */
  args: readonly string[]
  env: Readonly<Record<string, string | undefined>>
  stdout: Writable & { isTTY?: boolean }
  stderr: NodeJS.WritableStream
}

/** Runs to its end and returns the exit code, or undefined while it goes on (a listener). */
export type Command = (context: CommandContext) => Promise<number | undefined>

export const ExitCode = { ok: 0, failed: 1, badSettings: 2 } as const

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
