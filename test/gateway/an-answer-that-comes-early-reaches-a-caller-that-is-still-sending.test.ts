// A connection that is closed over unread bytes is reset, and the answer may be lost with it.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy, setUp } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const SIZE = 8_000_000

async function upload(
  port: number,
  target: string,
  headers: string[],
): Promise<{ text: () => string; closed: Promise<unknown> }> {
  const socket = await openSocket(port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(requestHead('POST', target, [`Content-Length: ${SIZE}`, ...headers]))
  socket.write(Buffer.alloc(SIZE))
  return { text: () => text, closed }
}

t.test(
  'the cluster answers 413 at once, to a caller that closes afterwards and to one that goes on',
  async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const cluster = await streamingCluster((_request, response) => {
      response.writeHead(413, { 'content-length': 9 })
      response.end('too large')
    })
    t.teardown(() => cluster.close())
    const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
    const closing = await upload(proxy.port, '/v2/documents', ['Connection: close'])
    await closing.closed
    t.match(closing.text(), /^HTTP\/1\.1 413 .*too large$/s)
    const staying = await upload(proxy.port, '/v2/documents', [])
    await until(() => staying.text().endsWith('too large'), 'the answer has come')
    t.match(staying.text(), /^HTTP\/1\.1 413 /)
  },
)

t.test('an answer whose end only its last chunk tells ends before a closing upload does', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((_request, response) => {
    response.writeHead(413)
    response.end('too large')
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const [ended, closed] = [once(socket, 'end'), once(socket, 'close')]
  socket.write(requestHead('POST', '/v2/documents', ['Content-Length: 1000000', 'Connection: close']))
  socket.write(Buffer.alloc(500_000))
  await ended
  t.match(text, /^HTTP\/1\.1 413 .*chunked.*too large\r\n0\r\n\r\n$/s)
  socket.end(Buffer.alloc(500_000))
  await closed
  t.pass('and no reset')
})

t.test('the proxy itself answers 404', async (t) => {
  const { proxy } = await setUp(t)
  const call = await upload(proxy.port, '/elsewhere', [])
  await until(() => call.text().includes('path-not-allowed'), 'the answer has come')
  t.match(call.text(), /^HTTP\/1\.1 404 /)
})
