import { type DestinationStream, type Logger, pino } from 'pino'
import type { AuthSettings } from './config/settings.ts'
import type { KeeperEvent } from './credentials/keeper.ts'

type Strategy = AuthSettings['strategy']

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

/** What a method's credential is called, how so if the cluster refuses it for good, and what to look at then. */
export const words: Record<Strategy, { name: string; refused: string; check: string }> = {
  OAUTH: { name: 'token', refused: 'even a fresh token', check: 'audience and permissions' },
  BEARER: {
    name: 'token',
    refused: 'the token',
    check: 'whether it is for this cluster and still valid, and its permissions',
  },
  BASIC: { name: 'password', refused: 'the password', check: 'user name, password and permissions' },
  COOKIE: {
    name: 'login',
    refused: 'even a fresh login',
    check: 'whether the cluster takes logins for its API, and the permissions of the user',
  },
  NONE: {
    name: 'access without credential',
    refused: 'access without credential',
    check: 'whether it wants one, and set authStrategy',
  },
}

/** Logs what happens to a credential: its lifetime, its next renewal, and every failure with cause and next try. */
export function keeperLog(logger: Logger, strategy: Strategy = 'OAUTH'): (event: KeeperEvent) => void {
  const { name, refused, check } = words[strategy]
  return (event) => {
    switch (event.type) {
      case 'acquired':
        // Of nothing there is nothing to tell.
        return strategy === 'NONE' ? undefined : logAcquired(logger, name, event)
      case 'failed':
        return logFailed(logger, name, event)
      case 'renewal-forced':
        return logger.warn(
          { generation: event.generation },
          `the cluster refused a ${name} before its time: getting a new one`,
        )
      case 'rejected':
        return logger.error(
          { generation: event.generation, pauseS: seconds(event.pauseMs) },
          `the cluster refuses ${refused}: check ${check}; 401s are passed on`,
        )
    }
  }
}

function logAcquired(logger: Logger, name: string, event: Extract<KeeperEvent, { type: 'acquired' }>): void {
  const { generation, tookMs, lifetimeMs, renewInMs, same } = event
  const times = {
    lifetimeS: seconds(lifetimeMs),
    nextRenewalInS: seconds(renewInMs),
    tookMs: Math.round(tookMs),
  }
  if (same) logger.debug({ generation, ...times }, `${name} is still good`)
  else logger.info({ generation, ...times }, `${name} ${generation === 1 ? 'acquired' : 'renewed'}`)
}

function logFailed(logger: Logger, name: string, event: Extract<KeeperEvent, { type: 'failed' }>): void {
  const { failure, nextTryInMs, usableForMs } = event
  const times = { nextTryInS: seconds(nextTryInMs), oldTokenUsableForS: seconds(usableForMs) }
  const level = usableForMs > 0 && !failure.refused ? 'warn' : 'error'
  logger[level]({ cause: failure.code, ...times }, `no new ${name}: ${failure.message}`)
}

/** Logs that certificate files were renewed, or could not be. */
export function connectionLog(logger: Logger) {
  return {
    onRenewed: (sentence: string) => logger.info(sentence),
    onRenewalFailed: (sentence: string) => logger.error(sentence),
  }
}

/** Logs that the file of callers was read again, or why it could not be. */
export function callersLog(logger: Logger): (faults: readonly string[]) => void {
  return (faults) => {
    if (faults.length === 0) logger.info('the file of callers has changed: the new one holds')
    else logger.error({ faults }, 'the file of callers has changed and cannot be used: the old one holds')
  }
}

/** One line for this long, in milliseconds, however many there are. */
const DROPS_MS = 10_000

/** Logs how many callers were turned away where there is room for so many, a moment after the first of them. */
export function dropLog(logger: Logger, room: number): () => void {
  let dropped = 0
  const tell = () => {
    const words = `${dropped} connections of callers closed unheard: there is room for ${room} at a time`
    logger.warn({ dropped }, words)
    dropped = 0
  }
  return () => {
    if (dropped++ === 0) setTimeout(tell, DROPS_MS).unref()
  }
}

/** Logs each time that the credential itself was given away, and of which cluster. */
export function tokenLog(logger: Logger): (cluster: string) => void {
  return (cluster) => logger.info({ cluster }, 'gave the credential to a process that asked (shareToken)')
}

/** Logs that refusals cannot be remembered. */
export function memoryLog(logger: Logger): (sentence: string) => void {
  return (sentence) => logger.warn(sentence)
}

function seconds(ms: number): number {
  return Math.round(ms / 100) / 10
}
