// undici takes a reset after `Connection: close` for the end of the answer: it would hand a truncated answer on as
// whole, and would end the process by an assertion where the answer is paused.
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { type FakeIdp, fakeIdp, json, tokens } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'

async function received(port: number, bytes: string, onData = () => {}): Promise<string> {
  const socket = await openSocket(port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
    onData()
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(bytes)
  await closed
  return text
}

/** A proxy before a cluster that answers with these bytes, and resets its connections when it is told to. */
async function proxyBefore(t: Test, answer: string, idp: FakeIdp) {
  t.teardown(() => idp.close())
  const sockets: Socket[] = []
  const cluster = await rawServer((socket) => {
    sockets.push(socket)
    socket.once('data', () => socket.write(answer))
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const reset = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return { proxy, reset }
}

t.test('while a 401 is held back', async (t) => {
  const idp = await fakeIdp(tokens())
  const head = 'HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 500\r\n\r\nhalf'
  const { proxy, reset } = await proxyBefore(t, head, idp)
  idp.answerWith((_request, response) => {
    reset()
    setTimeout(() => json(response, 503, {}), 100)
  })
  const text = await received(proxy.port, requestHead('GET', '/v2/x', ['Connection: close']))
  t.match(text, /^HTTP\/1\.1 401 Unauthorized/)
  t.match(text, /half$/)
  t.equal((await fetch(`${proxy.adminUrl}/livez`)).status, 200, 'and the process lives')
})

t.test('in an answer that ends with its connection: it does not pass for whole', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"items":[1,2,'
  const { proxy, reset } = await proxyBefore(t, head, await fakeIdp())
  const text = await received(proxy.port, requestHead('GET', '/v2/x'), reset)
  t.match(text, '{"items":[1,2,')
  t.notMatch(text, /\r\n0\r\n\r\n$/)
  t.match(proxy.log(), 'the answer broke off')
})

t.test('a HEAD that is refused stays refused', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await rawServer((socket) =>
    socket.on('data', () => socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\n\r\n')),
  )
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  for (let i = 0; i < 3; i++) t.equal((await fetch(`${proxy.url}/v2/x`, { method: 'HEAD' })).status, 401)
})
