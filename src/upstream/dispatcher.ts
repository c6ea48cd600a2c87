import { Agent, buildConnector } from 'undici'

const SECOND = 1_000

/** Waits with nothing on the wire are legal to the cluster: a long poll may last longer than any default. */
const NO_TIMEOUT = 0

const connect = {
  timeout: 10 * SECOND,
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  keepAlive: true,
  keepAliveInitialDelay: 30 * SECOND,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: 250,
  maxCachedSessions: 100,
} as const

/** The connections to the cluster: certificates verified, no timeout but the one for connecting, no HTTP/2, no pipelining. */
export function clusterDispatcher(): Agent {
  return new Agent({
    connect: resetsAreErrors(buildConnector(connect)),
    allowH2: false,
    connections: 1_024,
    pipelining: 1,
    headersTimeout: NO_TIMEOUT,
    bodyTimeout: NO_TIMEOUT,
    keepAliveTimeout: 4 * SECOND,
    keepAliveMaxTimeout: 60 * SECOND,
    keepAliveTimeoutThreshold: 2 * SECOND,
    maxHeaderSize: 64 * 1024,
    maxResponseSize: -1,
    strictContentLength: true,
  })
}

/** The connections to the identity provider: few, short, and with a small answer. */
export function identityProviderDispatcher(): Agent {
  return new Agent({
    connect: { ...connect, timeout: 5 * SECOND },
    allowH2: false,
    connections: 8,
    pipelining: 1,
    headersTimeout: 10 * SECOND,
    bodyTimeout: 10 * SECOND,
    keepAliveTimeout: 4 * SECOND,
    keepAliveMaxTimeout: 4 * SECOND,
    maxHeaderSize: 64 * 1024,
    maxResponseSize: 1024 * 1024,
    strictContentLength: true,
  })
}

/**
 * undici takes a reset after `Connection: close` for the end of the answer: it hands a truncated answer on as whole,
 * and fails an assertion, uncaught, where the answer is paused. Under another code a reset is an error to it, as it is.
 */
function resetsAreErrors(connector: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connector(options, (...result) => {
      const [, socket] = result
      socket?.prependListener('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNRESET') error.code = 'UND_ERR_SOCKET'
      })
      callback(...result)
    })
}
