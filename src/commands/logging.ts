import type { Logger } from 'pino'
import { type LogLevel, makeLogger } from '../log.ts'
import type { CommandContext } from './command.ts'
import { logOutput } from './log-output.ts'

/** The logger of a command: JSON, or lines for a person on a terminal. Written at once, so that no line is lost at the end. */
export async function commandLogger(
  context: Pick<CommandContext, 'stdout'>,
  level: LogLevel,
): Promise<Logger> {
  if (context.stdout.isTTY !== true) return makeLogger(level, logOutput(context.stdout))
  const { default: pretty } = await import('pino-pretty')
  return makeLogger(
    level,
    pretty({ destination: 1, sync: true, colorize: true, singleLine: true, ignore: 'pid,hostname,name' }),
  )
}
