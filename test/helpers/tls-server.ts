import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Test } from 'tap'

export interface TlsServer {
  port: number
  origin: string
  server: Server
  /** The subject of the client certificate of each request, or ''. */
  clients: string[]
  /** Connections that are open. */
  connections(): number
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

const ok: Answer = (_request, response) => response.end('ok')

/** A server that speaks https and notes who asked. */
export async function tlsServer(t: Test, options: ServerOptions, answer: Answer = ok): Promise<TlsServer> {
  const clients: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(options, (request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate()
    clients.push(String(subject?.CN ?? ''))
    answer(request, response)
  })
  server.on('tlsClientError', () => {})
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo
  return { port, origin: `https://localhost:${port}`, server, clients, connections: () => sockets.size }
}
