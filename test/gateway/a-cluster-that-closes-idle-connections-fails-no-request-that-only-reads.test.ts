// The race of RFC 9112 section 9.5: the cluster closes a connection that was idle just as the next request goes out on it.
import { createServer as createTcpServer, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { gatewayTo, identity } from '../helpers/http2-lab.ts'
import { runProxy } from '../helpers/proxy.ts'

const KEPT = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole'
const CLOSED = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole'

type Leave = (socket: Socket, raw: Socket) => void

const LEAVES: Record<string, Leave> = {
  'with a FIN': (socket) => socket.end(),
  'with a FIN, having read nothing of it': (socket) => socket.destroy(),
  'with a RST': (_socket, raw) => raw.resetAndDestroy(),
}

/** Serves one request on each connection, and leaves as it hears of the second. Notes how often each path was asked for. */
async function closingCluster(t: Test, isTls: boolean, leave: () => Leave) {
  const sends = new Map<string, number>()
  const sockets = new Set<Socket>()
  let raw: Socket
  const serve = (socket: Socket) => {
    const own = raw
    let served = 0
    sockets.add(socket.on('error', () => {}))
    socket.on('data', (chunk) => {
      const path = /^[A-Z]+ (\S+) HTTP/.exec(chunk.toString('latin1'))?.[1]
      // The rest of a body.
      if (path === undefined) return
      sends.set(path, (sends.get(path) ?? 0) + 1)
      if (served++ > 0) leave()(socket, own)
      else socket.write(path.startsWith('/v2/first') ? KEPT : CLOSED)
    })
  }
  const server = isTls
    ? createTlsServer(identity, serve as (socket: TLSSocket) => void)
    : createTcpServer((socket) => {
        raw = socket
        serve(socket)
      })
  // Of TLS, the one below: only that can be reset.
  if (isTls)
    server.on('connection', (socket: Socket) => {
      raw = socket.on('error', () => {})
    })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as { port: number }).port, sends }
}

for (const isTls of [false, true]) {
  t.test(`over ${isTls ? 'TLS' : 'plain connections'}`, async (t) => {
    let leave: Leave = () => {}
    const cluster = await closingCluster(t, isTls, () => leave)
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const { url } = isTls
      ? await gatewayTo(t, cluster.port, false)
      : await runProxy(t, { clusterUrl: `http://127.0.0.1:${cluster.port}`, tokenUrl: idp.tokenUrl })
    const ask = async (path: string, init?: RequestInit) => {
      const answer = await fetch(url + path, init)
      return { status: answer.status, text: await answer.text() }
    }
    for (const [how, act] of Object.entries(LEAVES)) {
      leave = act
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const path = `/v2/${method}/${encodeURIComponent(how)}`
        await ask(`/v2/first${path}`)
        const isSafe = ['GET', 'HEAD', 'OPTIONS'].includes(method)
        const answer = await ask(path, { method, ...(method.startsWith('P') && { body: '{}' }) })
        if (isSafe)
          t.match(answer, { status: 200, text: method === 'HEAD' ? '' : 'whole' }, `${method} ${how}`)
        else t.match(answer, { status: 502, text: /upstream-broke-off/ }, `${method} ${how}`)
        t.equal(cluster.sends.get(path), isSafe ? 2 : 1, `${method} ${how}: times that it was sent`)
      }
    }
    t.ok(idp.requests.length <= 1, 'no token is asked for on that account')
  })
}
