import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { makeServer } from '../../src/gateway/server.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const STANDSTILL_MS = 100

/** A listener that reads or not, and answers or not, as its paths say. */
async function listener(t: Test) {
  const open = new Set<string>()
  const app = makeServer({ routable: () => '/', drainMs: 100, standstillMs: STANDSTILL_MS })
  app.addHook('onRequest', ({ raw: request, originalUrl }, reply) => {
    const { raw: response } = reply.hijack()
    open.add(originalUrl)
    request.socket.once('close', () => open.delete(originalUrl))
    if (originalUrl !== '/unread') request.resume()
    if (originalUrl === '/large') response.end(Buffer.alloc(64 * 1024 * 1024))
    if (originalUrl === '/stream') response.write('the beginning')
  })
  app.post('/', () => {})
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => app.close())
  return { port: (app.server.address() as AddressInfo).port, open }
}

t.test('uploads and readers that have stopped are ended, and nobody else', async (t) => {
  const { port, open } = await listener(t)
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
  const drip = setInterval(() => moves.write('x'), STANDSTILL_MS / 4)
  t.teardown(() => clearInterval(drip))
  const stops = await begin('/stopped', ['Content-Length: 1000000'], 'only the beginning')
  const reads = await begin('/large', ['Content-Length: 0'])
  reads.pause()
  await until(() => open.size === 6, 'all have begun')

  const [answer] = await once(stops, 'data')
  t.match(String(answer), /^HTTP\/1\.1 408 .*problem:request-timeout.*rest of the request body/s)
  await until(() => !open.has('/large') && !open.has('/stopped'), 'both have been let go of')
  await new Promise((resolve) => setTimeout(resolve, 5 * STANDSTILL_MS))
  t.strictSame([...open], ['/long-poll', '/stream', '/unread', '/slow'])
  t.notOk(waits.destroyed)
})
