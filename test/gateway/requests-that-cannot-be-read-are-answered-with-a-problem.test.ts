import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { openSocket, rawRequest, requestHead } from '../helpers/raw-http.ts'

const unreadable: [string, string, number][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 400],
  ['two lengths', `${requestHead('POST', '/v2/x', ['Content-Length: 1', 'Content-Length: 2'])}x`, 400],
  [
    'a length and chunks',
    `${requestHead('POST', '/v2/x', ['Content-Length: 3', 'Transfer-Encoding: chunked'])}0\r\n\r\n`,
    400,
  ],
  [
    'chunks that are not last',
    `${requestHead('POST', '/v2/x', ['Transfer-Encoding: chunked, gzip'])}0\r\n\r\n`,
    400,
  ],
  ['a negative length', requestHead('POST', '/v2/x', ['Content-Length: -1']), 400],
  ['a space before the colon', requestHead('GET', '/v2/x', ['X-A : 1']), 400],
  ['a folded header', requestHead('GET', '/v2/x', ['X-A: 1', ' 2']), 400],
  ['a bare carriage return', requestHead('GET', '/v2/x', ['X-A: 1\rX-B: 2']), 400],
  ['a header of 20 KB', requestHead('GET', '/v2/x', [`X-A: ${'x'.repeat(20_000)}`]), 431],
  ['a path of 20 KB', requestHead('GET', `/v2/${'x'.repeat(20_000)}`), 431],
]

t.test('each kind, and nothing of it is forwarded', async (t) => {
  const { proxy, cluster } = await setUp(t)
  for (const [what, bytes, status] of unreadable) {
    const answer = await rawRequest(proxy.port, bytes)
    t.equal(answer.status, status, what)
    t.equal(answer.header('content-type'), 'application/problem+json')
    t.match(answer.body, /problem:(bad-request|headers-too-large)/)
    t.equal(answer.header('connection'), 'close')
  }
  t.equal(cluster.begun(), 0)
})

t.test('in answer to HEAD, without a body', async (t) => {
  const { proxy } = await setUp(t)
  const socket = await openSocket(proxy.port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(`${requestHead('HEAD', '/v2/x', ['Transfer-Encoding: chunked'])}zz\r\n`)
  await closed
  t.match(text, /^HTTP\/1\.1 400 .*\r\n\r\n$/s)
})
