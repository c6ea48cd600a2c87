import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'

/** A request as the cluster saw it. */
export interface SeenRequest {
  method: string
  url: string
  /** Names and values as they stood on the wire. */
  rawHeaders: string[]
  headers: IncomingMessage['headers']
  body: Buffer
}

export interface FakeCluster {
  url: string
  port: number
  /** Requests whose body has arrived whole. */
  seen: SeenRequest[]
  /** Requests that began, whole or not. */
  begun(): number
  /** Requests that are neither answered nor broken off. */
  open(): number
  /** Connections that are open. */
  connections(): number
  close(): Promise<void>
}

/** Answers a request once its body has arrived. */
export type Answer = (request: SeenRequest, response: ServerResponse) => void

const ok: Answer = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"ok":true}')
}

/** A cluster that records what it gets and answers as it is told. */
export function fakeCluster(answer: Answer = ok): Promise<FakeCluster> {
  return streamingCluster(async (request, response, seen) => {
    const chunks: Buffer[] = []
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer)
    } catch {
      return
    }
    const { method = '', url = '', rawHeaders, headers } = request
    const whole = { method, url, rawHeaders, headers, body: Buffer.concat(chunks) }
    seen.push(whole)
    answer(whole, response)
  })
}

/** A cluster that is handed each request as it begins. `tls` makes it speak https. */
export async function streamingCluster(
  listener: (request: IncomingMessage, response: ServerResponse, seen: SeenRequest[]) => void,
  tls?: { key: string; cert: string },
): Promise<FakeCluster> {
  const seen: SeenRequest[] = []
  let begun = 0
  let open = 0
  const onRequest: RequestListener = (request, response) => {
    begun++
    open++
    response.once('close', () => open--)
    listener(request, response, seen)
  }
  const server = tls === undefined ? createServer(onRequest) : createTlsServer(tls, onRequest)
  const { port, sockets, close } = await listenOn(server)
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`
  return { url, port, seen, begun: () => begun, open: () => open, connections: () => sockets.size, close }
}

/** A server on a plain socket, for what no HTTP library would send. */
export async function rawServer(
  onConnection: (socket: Socket) => void,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
  const { port, close } = await listenOn(
    createTcpServer((socket) => {
      socket.on('error', () => {})
      onConnection(socket)
    }),
  )
  return { url: `http://127.0.0.1:${port}`, port, close }
}

async function listenOn(
  server: Server,
): Promise<{ port: number; sockets: Set<Socket>; close(): Promise<void> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { port: (server.address() as AddressInfo).port, sockets, close }
}
