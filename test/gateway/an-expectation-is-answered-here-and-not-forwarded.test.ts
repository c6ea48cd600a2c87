// curl sends Expect for bodies over 1 MiB, as do .NET, PowerShell and Apache HttpClient; undici refuses to send it on.
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { openSocket, parseAnswer, rawRequest, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

t.test('a caller that waits for 100 Continue', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const socket = await openSocket(proxy.port)
  let received = ''
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  socket.write(requestHead('POST', '/v2/documents', ['Content-Length: 5', 'Expect: 100-continue']))
  await until(() => received.includes('100 Continue'), 'the proxy asks for the body')
  received = ''
  socket.write('hello')
  await until(() => received.includes('"ok"'), 'the answer has come')
  t.equal(parseAnswer(received).status, 200)
  t.equal(String(cluster.seen[0]?.body), 'hello')
  t.notOk(cluster.seen[0]?.headers.expect)
  socket.destroy()
})

t.test('an expectation that nobody knows is ignored, and nobody gets past the guard with it', async (t) => {
  const { proxy, cluster } = await setUp(t)
  for (const expectation of ['Expect: the-impossible', 'Expect:']) {
    const head = (host?: string) =>
      requestHead('POST', '/v2/documents', ['Content-Length: 5', expectation], host)
    t.equal((await rawRequest(proxy.port, `${head()}hello`)).status, 200, expectation)
    t.equal((await rawRequest(proxy.port, `${head('evil.example')}hello`)).status, 421)
  }
  t.strictSame(
    cluster.seen.map((request) => [String(request.body), request.headers.expect]),
    [
      ['hello', undefined],
      ['hello', undefined],
    ],
  )
})
