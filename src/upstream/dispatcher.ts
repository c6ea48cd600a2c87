import type { SecureContext } from 'node:tls'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import type { Secret } from '../config/secrets.ts'
import type { ConnectionSettings, TlsSettings } from '../config/settings.ts'
import { type Clock, systemClock } from '../credentials/clock.ts'
import { Http1Dispatcher } from './http1.ts'
import { Http2Dispatcher } from './http2.ts'
import { type RenewalNotices, RenewingDispatcher, readTexts } from './renewing-dispatcher.ts'
import { tlsContexts } from './tls-files.ts'
import { parseEgressProxy, throughTunnel } from './tunnel.ts'

export type { RenewalNotices } from './renewing-dispatcher.ts'

const SECOND = 1_000

const connect = {
  rejectUnauthorized: true,
  minVersion: 'TLSv1.2',
  keepAlive: true,
  keepAliveInitialDelay: 30 * SECOND,
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: 250,
  // A session that is resumed shows no certificate: one that is no longer good would not be noticed (RFC 8446 section 2.2).
  maxCachedSessions: 0,
} as const

const CLUSTER_CONNECT_TIMEOUT_MS = 10 * SECOND
const IDENTITY_PROVIDER_CONNECT_TIMEOUT_MS = 5 * SECOND
const LOOK_INTERVAL_MS = 10 * SECOND

/** For tests: time, and how often files are looked at, in milliseconds. */
export interface Watch {
  clock?: Clock
  intervalMs?: number
}

/**
 * The connections to the cluster: certificates verified, no timeout but the one for connecting, no pipelining.
 * Asks nobody and reads nothing before the first request.
 */
export function clusterDispatcher(
  settings: ConnectionSettings,
  notices: RenewalNotices,
  watch: Watch = {},
): Dispatcher {
  const agent: MakeAgent = (connectorFor) => {
    const connector = connectorFor({ allowH2: false })
    // What undici itself asks of the cluster are the pages of a login.
    const http1 = new Http1Dispatcher(connector, () => smallAgent(resetsAreErrors(connector)))
    return settings.http2 ? new Http2Dispatcher(connectorFor({ allowH2: true }), http1) : http1
  }
  const ways = { destination: 'the cluster', timeout: CLUSTER_CONNECT_TIMEOUT_MS }
  return dispatcher(settings, ways, agent, notices, watch)
}

/** The connections to the identity provider: few, short, and with a small answer. */
export function identityProviderDispatcher(
  settings: ConnectionSettings,
  notices: RenewalNotices,
  watch: Watch = {},
): Dispatcher {
  const agent: MakeAgent = (connectorFor) => smallAgent(connectorFor({ allowH2: false }))
  const ways = { destination: 'the identity provider', timeout: IDENTITY_PROVIDER_CONNECT_TIMEOUT_MS }
  return dispatcher(settings, ways, agent, notices, watch)
}

/** For undici's own requests: few connections, short waits, small answers. */
function smallAgent(connector: buildConnector.connector): Dispatcher {
  return new Agent({
    connect: connector,
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

interface Ways {
  destination: string
  timeout: number
}

/** Makes a connector, with HTTP/2 on offer or without. */
type ConnectorFor = (offer: { allowH2: boolean }) => buildConnector.connector
type MakeAgent = (connectorFor: ConnectorFor) => Dispatcher

/**
 * A connector that goes the same way with the same files, to look at what a server shows in its handshake. It connects
 * whatever comes of the verification, which the socket tells (`authorized`): nothing may be sent.
 * @throws EgressError if a file or the egress proxy cannot be used
 */
export async function lookingConnector(
  { tls, egressProxy }: ConnectionSettings,
  timeout: number,
): Promise<buildConnector.connector> {
  const texts = await readTexts({ ...tls, egressProxy })
  const contexts = await tlsContexts(tls, texts, Date.now())
  const connector = buildConnector({
    ...connect,
    rejectUnauthorized: false,
    allowH2: false,
    timeout,
    secureContext: contexts.destination,
  })
  if (egressProxy === undefined) return connector
  const proxy = parseEgressProxy(egressProxy, texts.egressProxy ?? '', contexts.egressProxy)
  return throughTunnel(proxy, timeout, connector)
}

/** An agent as it is if it depends on no file and no egress proxy, else one that is made when it is needed. */
function dispatcher(
  { tls, egressProxy }: ConnectionSettings,
  ways: Ways,
  agent: MakeAgent,
  notices: RenewalNotices,
  watch: Watch,
): Dispatcher {
  const secrets: Record<keyof TlsSettings | 'egressProxy', Secret | undefined> = { ...tls, egressProxy }
  if (Object.values(secrets).every((secret) => secret === undefined)) return agent(direct(ways))
  return new RenewingDispatcher({
    destination: ways.destination,
    secrets,
    notices,
    clock: watch.clock ?? systemClock(),
    intervalMs: watch.intervalMs ?? LOOK_INTERVAL_MS,
    async build(texts) {
      const contexts = await tlsContexts(tls, texts, Date.now())
      const connectorFor = direct(ways, contexts.destination)
      if (egressProxy === undefined) return agent(connectorFor)
      const proxy = parseEgressProxy(egressProxy, texts.egressProxy ?? '', contexts.egressProxy)
      return agent((offer) => throughTunnel(proxy, ways.timeout, connectorFor(offer)))
    },
  })
}

function direct({ timeout }: Ways, secureContext?: SecureContext): ConnectorFor {
  return ({ allowH2 }) =>
    buildConnector({ ...connect, allowH2, timeout, ...(secureContext && { secureContext }) })
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
