/** A server that can refuse connections for a while, and be listened to again where it was. */
import { once } from 'node:events'
import { createServer } from 'node:http'

/** @param {import('node:http').RequestListener} onRequest */
export async function openServer(onRequest) {
  const sockets = new Set()
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 30_000 }, onRequest)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  const shut = async () => {
    if (!server.listening) return
    server.close()
    for (const socket of sockets) socket.destroy()
    await once(server, 'close')
  }
  return {
    url: `http://127.0.0.1:${port}`,
    shut,
    async open() {
      if (server.listening) return
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
    /** Closes the connections that carry no request. */
    closeIdle: () => server.closeIdleConnections(),
  }
}
