import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import type { Identity } from './certificate.ts'

export interface FakeEgressProxy {
  port: number
  /** What each CONNECT asked for. */
  asked: { authority: string; authorization: string | undefined }[]
  /** Subjects of the client certificates that it was shown. */
  clients: string[]
}

interface Options {
  tls?: Identity
  /** The status of the answer to CONNECT; 200 opens the tunnel. */
  answer?: (request: IncomingMessage) => number
  /** Where every tunnel leads, whatever it was asked for. */
  port: number
}

/** A proxy that opens tunnels, or says why not. */
export async function fakeEgressProxy(t: Test, options: Options): Promise<FakeEgressProxy> {
  const asked: FakeEgressProxy['asked'] = []
  const clients: string[] = []
  const sockets = new Set<Socket>()
  const listener: RequestListener = (_request, response) => response.writeHead(400).end()
  const server =
    options.tls === undefined
      ? createServer(listener)
      : createTlsServer({ ...options.tls, requestCert: true, rejectUnauthorized: false }, listener)
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.on('secureConnection', (socket: TLSSocket) => {
    const name = socket.getPeerCertificate().subject?.CN
    if (name !== undefined) clients.push(String(name))
  })
  server.on('tlsClientError', () => {})
  server.on('connect', (request: IncomingMessage, client: Duplex) => {
    client.on('error', () => {})
    asked.push({ authority: request.url ?? '', authorization: request.headers['proxy-authorization'] })
    const status = options.answer?.(request) ?? 200
    if (status !== 200) return client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`)
    const upstream = connect(options.port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    sockets.add(upstream)
    return upstream.on('error', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, asked, clients }
}
