import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls'
import type { Identity } from '../../helpers/certificate.ts'

/**
 * `open` leads on; `refused` listens no more; `reset` breaks off each connection as it comes, and those that there
 * are; `silent` takes connections and whatever is sent on them, and never answers.
 */
export type GateMode = 'open' | 'refused' | 'reset' | 'silent'

export interface Gate {
  port: number
  /** Connections that it broke off as they came. */
  cut(): number
  /** Ends the connections that there are, unless it opens; resolves once it is so. */
  be(mode: GateMode): Promise<void>
  /** From now on shows this certificate. */
  show(identity: Identity): void
  close(): Promise<void>
}

/** What stands in front of a server on the loopback address, speaks TLS in its place, and may be in the way. */
export async function openGate(target: number, identity?: Identity): Promise<Gate> {
  let mode: GateMode = 'open'
  let cut = 0
  const sockets = new Set<Socket>()
  const server: Server = identity === undefined ? createServer() : createTlsServer({ ...identity })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
    if (mode === 'reset') {
      cut++
      socket.resetAndDestroy()
    }
  })
  server.on('tlsClientError', () => {})
  server.on(identity === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    if (mode !== 'open') return void socket.on('error', () => {}).resume()
    const inner = connect(target, '127.0.0.1')
    pipeline(socket, inner, socket, () => {})
  })
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const hangUp = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    port,
    cut: () => cut,
    async be(next) {
      mode = next
      if (next !== 'open') hangUp()
      if (next === 'refused' && server.listening) await new Promise((resolve) => server.close(resolve))
      if (next !== 'refused' && !server.listening) await listen(port)
    },
    show: (next) => (server as TlsServer).setSecureContext({ ...next }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        hangUp()
      }),
  }
}
