import { egressFault } from '../config/egress-error.ts'
import { lackIn } from '../config/error-code.ts'
import { NOT_LET_IN } from '../credentials/idp-errors.ts'
import { Problem } from '../errors.ts'

const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
])
/** RFC 9113 section 8.7: it was not carried out. */
const REFUSED_STREAM = 'HTTP2_RESET_7'
const CLOSING = new Set(['UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])

/**
 * Says what went wrong between this proxy and the cluster, in words fit for the caller.
 * `sent` tells whether the request had begun to be written.
 */
export function upstreamProblem(error: Error, cluster: string, sent: boolean): Problem {
  if (error instanceof Problem) return error
  const ownFault = egressFault(error)
  if (ownFault !== undefined)
    return new Problem('egress-failed', `${ownFault} The cluster ${cluster} was not asked.`)
  const lack = lackIn(error)
  if (lack !== undefined && !sent)
    return new Problem(
      'no-connection-left',
      `This proxy has no room for a connection to the cluster ${cluster} (${lack}).`,
      { retryAfterS: 1 },
    )
  const code = 'code' in error && error.code !== undefined ? String(error.code) : error.name
  if (CLOSING.has(code)) return new Problem('draining', 'This proxy is shutting down.')
  if (TIMEOUTS.has(code))
    return new Problem('upstream-timeout', `The cluster ${cluster} did not answer in time (${code}).`)
  if (code === 'TOO_MANY_REQUESTS_WAIT')
    return new Problem(
      'overloaded',
      `All connections to the cluster ${cluster} are busy, and very many requests wait for one (${code}).`,
      { retryAfterS: 1 },
    )
  if (code === 'ERR_HTTP2_HEADER_SINGLE_VALUE')
    return new Problem(
      'bad-request',
      `A header that may stand once stands twice, and nothing was sent (${code}).`,
    )
  if (code === 'REQUEST_CANNOT_BE_SENT')
    return new Problem(
      'bad-request',
      `The request cannot be sent on as it is, and nothing was sent (${code}).`,
    )
  if (code === REFUSED_STREAM)
    return new Problem(
      'upstream-unreachable',
      `The cluster ${cluster} moved on and did not take the request (${code}).`,
    )
  if (NOT_LET_IN.test(code)) {
    return new Problem(
      'upstream-unreachable',
      `The cluster ${cluster} did not let this proxy in: it wants another client certificate (${code}).`,
    )
  }
  if (sent)
    return new Problem(
      'upstream-broke-off',
      `The cluster ${cluster} broke off before its answer was whole (${code}).`,
    )
  if (/CERT|SIGNATURE|ERR_TLS|ERR_SSL/.test(code)) {
    return new Problem(
      'upstream-unreachable',
      `The certificate of ${cluster} was not accepted (${code}); no credential was sent.`,
    )
  }
  return new Problem('upstream-unreachable', `The cluster ${cluster} could not be reached (${code}).`)
}
