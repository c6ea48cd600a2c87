import { type DestinationStream, type Logger, pino } from 'pino'
import type { KeeperEvent } from './credentials/keeper.ts'

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/**
 * The program's logger: JSON, one object a line, without host name. Errors are logged by name, message and stack
 * only: what hangs on them as `cause` may hold a whole token response.
 */
export function makeLogger(level: LogLevel, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { name: 'camunda-auth-proxy' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    destination,
  )
}

/** An error without its causes and its own properties. */
export function describeError(error: unknown): { type: string; message: string; stack: string | undefined } {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'a value that is no error was thrown', stack: undefined }
  return { type: error.name, message: error.message, stack: error.stack }
}

/** Logs what happens to a credential: its lifetime, its next renewal, and every failure with cause and next try. */
export function keeperLog(logger: Logger): (event: KeeperEvent) => void {
  return (event) => {
    if (event.type === 'acquired') {
      const { generation, tookMs, lifetimeMs, renewInMs } = event
      const times = {
        lifetimeS: seconds(lifetimeMs),
        nextRenewalInS: seconds(renewInMs),
        tookMs: Math.round(tookMs),
      }
      logger.info({ generation, ...times }, generation === 1 ? 'token acquired' : 'token renewed')
    } else if (event.type === 'failed') {
      const { failure, nextTryInMs, usableForMs } = event
      const times = { nextTryInS: seconds(nextTryInMs), oldTokenUsableForS: seconds(usableForMs) }
      const level = usableForMs > 0 && !failure.refused ? 'warn' : 'error'
      logger[level]({ cause: failure.code, ...times }, `no new token: ${failure.message}`)
    } else if (event.type === 'renewal-forced') {
      logger.warn(
        { generation: event.generation },
        'the cluster refused a token before its time: fetching a new one',
      )
    } else {
      const times = { generation: event.generation, pauseS: seconds(event.pauseMs) }
      logger.error(
        times,
        'the cluster refuses even a fresh token: check audience and permissions; 401s are passed on',
      )
    }
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
