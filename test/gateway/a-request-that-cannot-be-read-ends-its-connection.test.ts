// Node lets a caller keep its half of a connection open for as long as it likes.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

/** A caller who does not close when the proxy does, in front of a cluster that waits for the whole of every upload. */
async function stubbornCaller(t: Test) {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((request) => request.resume().on('error', () => {}))
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  let theirEnd: Socket | undefined
  proxy.app.gateway.server.once('connection', (socket: Socket) => {
    theirEnd = socket
  })
  const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  const errors: Error[] = []
  socket.on('error', (error) => errors.push(error))
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const ended = once(socket, 'end')
  await once(socket, 'connect')
  return { cluster, socket, ended, errors, text: () => text, isClosed: () => theirEnd?.closed === true }
}

t.test('garbage, though the caller stays', async (t) => {
  const { socket, ended, text, isClosed } = await stubbornCaller(t)
  socket.write('garbage\r\n\r\n')
  await ended
  t.match(text(), /^HTTP\/1\.1 400 .*problem:bad-request/s)
  await until(isClosed, 'the proxy has closed the connection')
})

t.test('an upload whose body turns unreadable, upstream as well', async (t) => {
  const { cluster, socket, ended, text } = await stubbornCaller(t)
  socket.write(`${requestHead('POST', '/v2/documents', ['Transfer-Encoding: chunked'])}4\r\ngood\r\n`)
  await until(() => cluster.open() === 1, 'the upload is upstream')
  socket.write('zz\r\n')
  await ended
  t.match(text(), /^HTTP\/1\.1 400 .*problem:bad-request/s)
  await until(() => cluster.open() === 0, 'the upload has ended upstream')
})

t.test('but not while a caller is sending the rest of it', async (t) => {
  const { socket, ended, errors, text } = await stubbornCaller(t)
  socket.write(requestHead('GET', '/v2/x', [`X-A: ${'x'.repeat(20_000)}`]))
  await ended
  t.match(text(), /^HTTP\/1\.1 431 .*problem:headers-too-large.*}$/s)
  for (let i = 0; i < 20; i++) await new Promise((resolve) => socket.write('x'.repeat(10_000), resolve))
  const closed = once(socket, 'close')
  socket.end()
  await closed
  t.strictSame(errors, [], 'the connection is not reset')
})
