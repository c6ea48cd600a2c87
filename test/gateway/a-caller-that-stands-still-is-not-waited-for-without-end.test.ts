import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { makeServer } from '../../src/gateway/server.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const LOOK_MS = 5 * 60_000

/** A listener that reads or not, and answers or not, as its paths say. */
async function listener(t: Test) {
  const clock = new VirtualClock()
  const open = new Map<string, IncomingMessage>()
  const app = makeServer({ routable: () => '/', drainMs: 100, clock })
  app.addHook('onRequest', ({ raw: request, originalUrl }, reply) => {
    const { raw: response } = reply.hijack()
    open.set(originalUrl, request)
    request.socket.once('close', () => open.delete(originalUrl))
    if (originalUrl !== '/unread') request.resume()
    if (originalUrl === '/large') response.end(Buffer.alloc(64 * 1024 * 1024))
    if (originalUrl === '/stream') response.write('the beginning')
  })
  app.post('/', () => {})
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  return { port: (app.server.address() as AddressInfo).port, open, clock, close: () => app.close() }
}

t.test('uploads and readers that have stopped are ended, and nobody else', async (t) => {
  const { port, open, clock, close } = await listener(t)
  const begin = async (path: string, headers: string[], body = '') => {
    const socket = await openSocket(port)
    t.teardown(() => socket.destroy())
    socket.write(requestHead('POST', path, headers) + body)
    return socket
  }
  const waits = await begin('/long-poll', ['Content-Length: 2'], '{}')
  await begin('/stream', ['Content-Length: 2'], '{}')
  // More than the buffers hold, so that somebody has to read it.
  await begin('/unread', ['Content-Length: 1000000'], 'x'.repeat(900_000))
  const moves = await begin('/slow', ['Content-Length: 1000000'])
  const stops = await begin('/stopped', ['Content-Length: 1000000'], 'only the beginning')
  const heard = once(stops, 'data').then(String)
  const reads = await begin('/large', ['Content-Length: 0'])
  reads.pause()
  await until(() => open.size === 6, 'all have begun')

  const read = () => open.get('/slow')?.socket.bytesRead ?? 0
  for (let look = 1; look <= 4; look++) {
    const before = read()
    moves.write('x')
    await until(() => read() > before, 'a byte more has come')
    t.equal(open.size, look <= 2 ? 6 : 4, `before look ${look}`)
    await clock.advance(LOOK_MS)
    if (look === 2) await until(() => open.size === 4, 'two have been let go of')
  }
  t.strictSame([...open.keys()], ['/long-poll', '/stream', '/unread', '/slow'])
  t.match(await heard, /^HTTP\/1\.1 408 .*problem:request-timeout.*rest of the request body/s)
  t.notOk(waits.destroyed)
  await close()
  t.equal(clock.pendingTimers, 0)
})
