import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Dispatcher } from 'undici'
import type { BaseUrl } from '../../src/config/base-url.ts'
import { parseBaseUrl } from '../../src/config/base-url.ts'
import { Secret } from '../../src/config/secrets.ts'
import type { CredentialKeeper } from '../../src/credentials/keeper.ts'
import { anybody } from '../../src/gateway/caller-check.ts'
import { buildGateway } from '../../src/gateway/gateway.ts'
import { guardPolicy } from '../../src/gateway/guard.ts'
import { InForce, Rules } from '../../src/gateway/in-force.ts'
import { listen } from '../../src/gateway/listen.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { certificateAuthority } from './certificate.ts'
import { connection, notes } from './connections.ts'
import { oneDestination } from './destinations.ts'

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]) => void

export const authority = certificateAuthority()
export const identity = authority.server()

export interface GatewayLab {
  url: string
  /** Of the cluster. */
  origin: string
  dispatcher: Dispatcher
  /** What went wrong that nobody expected. */
  defects: Error[]
  /** Answers that broke off, and problems of the gateway's own. */
  log: string[]
}

export interface Http2Lab extends GatewayLab {
  server: Http2SecureServer
  sessions: ServerHttp2Session[]
}

interface Options {
  allowHTTP1?: boolean
  /** Answers what comes over HTTP/1.1. */
  older?: (response: { end(body: string): void }) => void
  http2?: boolean
  settings?: { maxConcurrentStreams?: number }
}

/** The gateway in front of a cluster that speaks HTTP/2. Tokens are `Bearer 1`, `Bearer 2` and so on. */
export async function http2Lab(t: Test, onStream: OnStream, options: Options = {}): Promise<Http2Lab> {
  const { allowHTTP1 = false, settings = {}, older } = options
  const server = createSecureServer({ ...identity, allowHTTP1, settings })
  const sessions: ServerHttp2Session[] = []
  server.on('session', (session) => sessions.push(session.on('error', () => {})))
  server.on('stream', (stream, headers, _flags, ...raw: unknown[]) => {
    stream.on('error', () => {})
    onStream(stream, headers, raw[0] as string[])
  })
  if (older !== undefined)
    server.on('request', (request, response) => {
      // It tells of both.
      if (request.httpVersionMajor === 1) older(response)
    })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  t.teardown(() => {
    for (const session of sessions) session.destroy()
    server.close()
  })
  return { ...(await gatewayTo(t, port, options.http2)), server, sessions }
}

/** The gateway in front of any server of `identity` on this port. */
export async function gatewayTo(t: Test, port: number, http2 = true): Promise<GatewayLab> {
  const origin = `https://localhost:${port}`
  const settings = connection({ ca: Secret.ofValue(authority.cert), http2 })
  const dispatcher = clusterDispatcher(settings, notes())
  const defects: Error[] = []
  const log: string[] = []
  const gateway = await buildGateway({
    inForce: new InForce(
      new Rules({
        destinations: oneDestination(parseBaseUrl(origin) as BaseUrl, dispatcher, countingKeeper()),
        callerCheck: anybody,
        maxReplayBytes: 64 * 1024,
        guard: guardPolicy('127.0.0.1', [], undefined),
        accessLog: {
          answered: (_request, _status, _startedAt, brokeOff) => brokeOff !== undefined && log.push(brokeOff),
          refused: (_request, problem) => log.push(problem.message),
          preflight: () => {},
          abandoned: () => log.push('abandoned'),
        },
      }),
    ),
    pseudonym: 'lab',
    drainMs: 0,
    isDraining: () => false,
    onDefect: (error) => defects.push(error),
  })
  t.teardown(async () => {
    await gateway.close()
    await dispatcher.destroy()
  })
  const url = await listen(gateway, { host: '127.0.0.1', port: 0 })
  return { url, origin, dispatcher, defects, log }
}

/** A credential at once, and the next one after each refusal. */
function countingKeeper(): CredentialKeeper {
  const issue = (generation: number) => ({
    headers: ['authorization', `Bearer ${generation}`],
    generation,
    acquiredAt: 0,
    renewAt: Number.MAX_VALUE,
    usableUntil: Number.MAX_VALUE,
    session: undefined,
  })
  let current = issue(1)
  const keeper = {
    current: () => current,
    usable: () => current,
    obtain: async () => current,
    accept() {},
    async reject() {
      current = issue(current.generation + 1)
      return current
    },
  }
  return keeper as unknown as CredentialKeeper
}
