import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'

const heads: [string, string][] = [
  ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'],
  ['in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
  ['that turns into none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nno chunk\r\n'],
]

for (const [what, bytes] of heads) {
  t.test(`an answer ${what}: the caller can tell that it is not whole`, async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const cluster = await rawServer((socket) =>
      socket.on('data', () => socket.write(bytes, () => setImmediate(() => socket.destroy()))),
    )
    t.teardown(() => cluster.close())
    const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
    const socket = await openSocket(proxy.port)
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(requestHead('GET', '/v2/x'))
    await closed
    t.match(text, /^HTTP\/1\.1 200 OK/)
    t.match(text, /half/)
    t.notMatch(text, /\r\n0\r\n\r\n/, 'no end is made up')
    t.match(proxy.log(), 'the answer broke off')
  })
}

t.test('HTTP/1.0 has no chunks: a clean end of the connection would make it whole', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'
  const cluster = await rawServer((socket) =>
    socket.on('data', () => socket.write(bytes, () => setImmediate(() => socket.destroy()))),
  )
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = await openSocket(proxy.port)
  const error = new Promise((resolve) => socket.once('error', resolve).once('end', () => resolve('an end')))
  socket.resume().write('GET /v2/x HTTP/1.0\r\nHost: localhost\r\n\r\n')
  t.match(await error, { code: 'ECONNRESET' })
})
