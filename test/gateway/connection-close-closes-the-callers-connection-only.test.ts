import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'

const received = (socket: Awaited<ReturnType<typeof openSocket>>) =>
  new Promise<string>((resolve) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.on('close', () => resolve(text))
  })

t.test('a caller that says close is closed; its upstream connection is not', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const socket = await openSocket(proxy.port)
  const all = received(socket)
  socket.write(requestHead('GET', '/v2/topology', ['Connection: close']))
  const text = await all
  t.match(text, /^HTTP\/1\.1 200/)
  t.match(text, /connection: close/i)
  t.equal(cluster.seen[0]?.headers.connection, 'keep-alive')
})

t.test('a caller of HTTP/1.0 is answered in its own terms', async (t) => {
  const { proxy } = await setUp(t, {
    answer(_request, response) {
      response.write('in two ')
      response.end('pieces')
    },
  })
  const socket = await openSocket(proxy.port)
  const all = received(socket)
  socket.write('GET /v2/topology HTTP/1.0\r\nHost: localhost\r\n\r\n')
  const text = await all
  t.match(text, / 200 /)
  t.notMatch(text, /chunked/i)
  t.ok(text.endsWith('\r\n\r\nin two pieces'))
})
