import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { waitingOn } from '../../src/gateway/hang-up.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('a read, over a connection that its caller has half closed', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const held: (() => void)[] = []
  const cluster = await fakeCluster((_request, response) => held.push(() => response.end('the answer')))
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = await openSocket(proxy.port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.end(requestHead('GET', '/v2/topology'))
  await until(() => held.length === 1, 'it is upstream')
  // What has to be there before the answer: that the proxy has seen the end.
  await new Promise((resolve) => setTimeout(resolve, 50))
  held[0]?.()
  await once(socket, 'close')
  t.match(text, /^HTTP\/1\.1 200 .*the answer$/s)
})

t.test('but only a read whose answer has not begun, and not for long', async (t) => {
  const clock = new VirtualClock()
  const app = makeServer({ routable: () => '/', drainMs: 100, clock })
  const open = new Set<string>()
  app.addHook('onRequest', ({ raw: request, originalUrl }, reply) => {
    const { raw: response } = reply.hijack()
    open.add(originalUrl)
    waitingOn(request.socket).add({ onHangUp: () => open.delete(originalUrl) })
    if (originalUrl === '/events') response.write('the first event')
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  const { port } = app.server.address() as AddressInfo
  const calls: [string, string][] = [
    ['POST', '/long-poll'],
    ['GET', '/events'],
    ['GET', '/slow'],
  ]
  for (const [method, path] of calls) {
    const socket = await openSocket(port)
    t.teardown(() => socket.destroy())
    socket.resume().write(requestHead(method, path, method === 'POST' ? ['Content-Length: 0'] : []))
    await until(() => open.has(path), `${path} has come`)
    socket.end()
  }
  await until(() => open.size === 1, 'the long poll and the stream have ended')
  t.strictSame([...open], ['/slow'])
  await until(() => clock.pendingTimers === 2, 'the end has been seen')
  await clock.advance(2_000)
  await until(() => open.size === 0, 'the read has ended')
  await app.close()
  t.equal(clock.pendingTimers, 0)
})
