import type { IncomingHttpHeaders } from 'node:http'
import type { Logger } from 'pino'
import { type Problem, problemKind } from '../errors.ts'

export type AccessLogMode = 'off' | 'errors' | 'all'

/** What a line says of a request. */
interface RequestLine {
  method?: string | undefined
  url?: string | undefined
  headers: IncomingHttpHeaders
}

/** Writes a line for each exchange worth one. A query may hold personal data, so paths are logged without it. */
export interface AccessLog {
  /** The cluster answered; `brokeOff` says why the answer did not arrive whole, if it did not. */
  answered(request: RequestLine, status: number, startedAt: number, brokeOff?: string): void
  /** This proxy answered by itself. */
  refused(request: RequestLine, problem: Problem): void
  /** A page may send what it asked about: this proxy said so, and nothing went to the cluster. */
  preflight(request: RequestLine, status: number): void
  /** The caller left before it had its answer. */
  abandoned(request: RequestLine, startedAt: number): void
}

const SILENT: AccessLog = { answered() {}, refused() {}, preflight() {}, abandoned() {} }

/**
 * `errors` logs statuses from 400, answers that broke off and everything this proxy said itself; `all` logs the rest
 * too. `callerOf` names who called, where callers have names.
 */
export function makeAccessLog(
  logger: Logger,
  mode: AccessLogMode,
  callerOf: (headers: IncomingHttpHeaders) => string | undefined = () => undefined,
): AccessLog {
  if (mode === 'off') return SILENT
  const all = mode === 'all'
  const described = ({ method, url, headers }: RequestLine) => ({
    method,
    path: url?.split('?', 1)[0]?.slice(0, 1_024),
    caller: callerOf(headers),
  })
  return {
    answered(request, status, startedAt, brokeOff) {
      if (!all && status < 400 && brokeOff === undefined) return
      const line = { ...described(request), status, source: 'cluster', tookMs: since(startedAt) }
      if (brokeOff === undefined)
        logger[status < 400 ? 'info' : 'warn'](line, 'request answered by the cluster')
      else logger.warn({ ...line, cause: brokeOff }, 'the answer broke off')
    },
    refused(request, problem) {
      const { status } = problemKind(problem.code)
      const { fault } = problem
      const line = { ...described(request), status, source: 'proxy', problem: problem.code, fault }
      logger.warn({ ...line, detail: problem.message }, 'request answered by this proxy')
    },
    preflight(request, status) {
      if (all)
        logger.info({ ...described(request), status, source: 'proxy' }, 'preflight answered by this proxy')
    },
    abandoned(request, startedAt) {
      if (all)
        logger.info({ ...described(request), source: 'caller', tookMs: since(startedAt) }, 'the caller left')
    },
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
