import type { IncomingMessage } from 'node:http'
import { problemKind } from '../errors.ts'
import type { RequestSpan, Tracing } from '../tracing.ts'
import type { ExchangeNotices, UpstreamRequest } from '../upstream/authenticate.ts'
import { withHeaders } from '../upstream/headers.ts'
import type { AccessLog } from './access-log.ts'

const SPAN = Symbol('span')

/** A request that remembers its span. */
interface Traced {
  [SPAN]?: RequestSpan
}

/**
 * Begins the span of a request that goes on to a cluster, and has it carry the trace on. Returns who is to hear of what
 * it goes through: the span, and whoever else wants to.
 */
export function trace(
  tracing: Tracing,
  request: IncomingMessage,
  upstream: UpstreamRequest,
  others: ExchangeNotices | undefined,
): ExchangeNotices {
  const span = tracing.request(request)
  ;(request as Traced)[SPAN] = span
  upstream.headers = withHeaders(upstream.headers, span.carried())
  return {
    waited(ms) {
      span.waited(ms)
      others?.waited(ms)
    },
    retried(reason) {
      span.resent()
      others?.retried(reason)
    },
  }
}

/** An access log that ends the span of each request. Those that were not forwarded get theirs here. */
export function traced(log: AccessLog, tracing: Tracing | undefined): AccessLog {
  if (tracing === undefined) return log
  const spanOf = (request: Parameters<AccessLog['refused']>[0] & Traced) =>
    request[SPAN] ?? tracing.request(request)
  return {
    answered(request, status, startedAt, brokeOff) {
      const broken = brokeOff === undefined ? {} : { error: 'broke-off', failure: brokeOff }
      spanOf(request).end({ status, ...broken })
      log.answered(request, status, startedAt, brokeOff)
    },
    refused(request, problem) {
      const { status } = problemKind(problem.code)
      const failure = status < 500 ? undefined : problem.message
      spanOf(request).end({ status, error: problem.code, failure })
      log.refused(request, problem)
    },
    preflight(request, status) {
      spanOf(request).end({ status })
      log.preflight(request, status)
    },
    abandoned(request, startedAt) {
      spanOf(request).end({ error: 'caller-left' })
      log.abandoned(request, startedAt)
    },
  }
}
