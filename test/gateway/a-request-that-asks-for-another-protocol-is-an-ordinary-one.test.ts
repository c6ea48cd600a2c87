import { once } from 'node:events'
import type { Socket } from 'node:net'
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const UPGRADE = ['Connection: Upgrade', 'Upgrade: TLS/1.2']
const SMUGGLED = requestHead('DELETE', '/v2/smuggled')

t.test('a hundred on one connection, as a client sends them that always asks', async (t) => {
  const { proxy, cluster } = await setUp(t)
  let theirEnd: Socket | undefined
  proxy.app.gateway.server.once('connection', (socket: Socket) => {
    theirEnd = socket
  })
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const socket = await openSocket(proxy.port)
  t.teardown(() => socket.destroy())
  const listeners = () => theirEnd?.eventNames().map((name) => theirEnd?.listenerCount(name))
  let after: ReturnType<typeof listeners>
  for (let i = 1; i <= 100; i++) {
    socket.write(`${requestHead('POST', `/v2/${i}`, [...UPGRADE, 'Content-Length: 5'])}hello`)
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    t.match(String(chunk), /^HTTP\/1\.1 200 /)
    if (i === 10) after = listeners()
  }
  t.strictSame(listeners(), after, 'nothing piles up on it')
  t.strictSame(warnings, [])
  t.strictSame(
    cluster.seen.map(({ url, body }) => `${url} ${body}`),
    Array.from({ length: 100 }, (_, i) => `/v2/${i + 1} hello`),
  )
  t.notOk(cluster.seen.some(({ headers }) => headers.upgrade))
})

t.test('what comes in one piece with it is not lost, and so nothing is read from its middle', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const socket = await openSocket(proxy.port)
  t.teardown(() => socket.destroy())
  socket.write(
    requestHead('GET', '/v2/x', UPGRADE) +
      requestHead('POST', '/v2/y', [`Content-Length: ${SMUGGLED.length}`]),
  )
  await until(() => cluster.begun() === 2, 'both are upstream')
  socket.write(SMUGGLED)
  await until(() => cluster.seen.length === 2, 'both have arrived')
  t.strictSame(cluster.seen.map(({ method, url, body }) => `${method} ${url} ${body}`).sort(), [
    'GET /v2/x ',
    `POST /v2/y ${SMUGGLED}`,
  ])
})
