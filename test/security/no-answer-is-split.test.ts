// Response splitting: whatever callers write into a request, providers into an error and clusters into an answer, what a
// caller gets is one answer, whose header nobody but its sender has written.
import t, { type Test } from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp, type IdpAnswer, json } from '../helpers/fake-idp.ts'
import { runProxy, setUp } from '../helpers/proxy.ts'
import { openSocket } from '../helpers/raw-http.ts'

const INJECTED = 'X-Injected: yes'
const SPLITTERS = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  '\x85',
  '%0d%0a',
  '%0D%0A',
  '%250d%250a',
  '%E5%98%8D%E5%98%8A',
  '\\r\\n',
  '"\r\n',
  ' \x0b',
]

/** All that comes back for these bytes, until the connection is closed. */
async function allOf(port: number, bytes: string): Promise<string> {
  const socket = await openSocket(port)
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(bytes, 'latin1')
  await closed
  return text
}

/** Holds that it is one answer, with a header of plain fields, and nobody's but ours. */
function isOne(t: Test, text: string, what: string): void {
  const end = text.indexOf('\r\n\r\n')
  const [status = '', ...fields] = text.slice(0, end).split('\r\n')
  t.match(status, /^HTTP\/1\.1 \d{3} [\t\x20-\x7e\x80-\xff]*$/, what)
  for (const field of fields) t.match(field, /^[\w!#$%&'*+.^`|~-]+: [\t\x20-\x7e\x80-\xff]*$/, what)
  t.notOk(
    fields.some((field) => /^x-injected/i.test(field)),
    what,
  )
  const body = text.slice(end + 4)
  const length = fields.find((field) => /^content-length:/i.test(field))?.slice('content-length:'.length)
  if (length !== undefined) t.equal(body.length, Number(length), `${what}: nothing follows it`)
  t.notMatch(body, /^HTTP\//m, what)
}

t.test('by a request that is refused', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: { CAMUNDA_PROXY_ALLOW: 'GET /v2/allowed' } })
  for (const splitter of SPLITTERS) {
    const bad = `${splitter}${INJECTED}`
    for (const [line, ...fields] of [
      [`GET /v2/${bad} HTTP/1.1`, 'Host: localhost'],
      [`GET /elsewhere${bad} HTTP/1.1`, 'Host: localhost'],
      [`GET /clusters/${bad}/v2/x HTTP/1.1`, 'Host: localhost'],
      [`GET${bad} /v2/x HTTP/1.1`, 'Host: localhost'],
      [`GET /v2/x HTTP/1.1${bad}`, 'Host: localhost'],
      ['GET /v2/x HTTP/1.1', `Host: localhost${bad}`],
      ['GET /v2/x HTTP/1.1', 'Host: localhost', `X-HTTP-Method-Override: DELETE${bad}`],
      ['GET /v2/x HTTP/1.1', 'Host: localhost', `Origin: http://evil.example${bad}`],
      ['GET /v2/x HTTP/1.1', 'Host: localhost', `Content-Length: ${bad}`],
    ] as const) {
      const text = await allOf(proxy.port, [line, ...fields, 'Connection: close', '', ''].join('\r\n'))
      isOne(t, text, JSON.stringify([line, ...fields]))
    }
  }
  t.equal(cluster.begun(), 0)
})

t.test('by an identity provider', async (t) => {
  for (const splitter of ['\r\n', '\r', '"\n\0']) {
    const said = `invalid_client${splitter}${INJECTED}`
    const answers: IdpAnswer[] = [
      (_request, response) => json(response, 401, { error: said, error_description: said }),
      (_request, response) =>
        json(response, 200, { access_token: `a${said}`, token_type: 'Bearer', expires_in: 300 }),
      (_request, response) => json(response, 200, { access_token: 'a', token_type: said, expires_in: said }),
    ]
    for (const [i, idp] of answers.entries()) {
      const { proxy, cluster } = await setUp(t, { idp })
      const text = await allOf(
        proxy.port,
        'GET /v2/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
      )
      isOne(t, text, `${JSON.stringify(said)}, ${i}`)
      for (const { rawHeaders } of cluster.seen) t.notMatch(rawHeaders.join('\n'), /^x-injected/im)
    }
  }
})

t.test('by the cluster', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const answers = SPLITTERS.flatMap((splitter) => {
    const bad = `${splitter}${INJECTED}`
    return [
      `HTTP/1.1 200 OK${bad}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 200${bad}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 302 Found\r\nLocation: /v2/x${bad}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 503 \r\nRetry-After: 1${bad}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nX-A${bad}\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 100 Continue${bad}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX-T: a${bad}\r\n\r\n`,
    ]
  })
  let next = ''
  const cluster = await rawServer((socket) => socket.on('data', () => socket.write(next, 'latin1')))
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  for (next of answers) {
    // What the cluster writes as a header of its own is one.
    next = next.replaceAll(`\r\n${INJECTED}`, '\r\nX-Own: yes')
    const text = await allOf(proxy.port, 'GET /v2/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    isOne(t, text, JSON.stringify(next))
  }
  for (const status of [
    '000',
    '099',
    '101',
    '600',
    '999',
    '1000',
    '20',
    '2 0',
    '-200',
    '+200',
    '0x200',
    '200200',
    '２００',
  ]) {
    next = `HTTP/1.1 ${status} OK\r\nUpgrade: a\r\nConnection: Upgrade\r\nContent-Length: 0\r\n\r\n`
    isOne(
      t,
      await allOf(proxy.port, 'GET /v2/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      status,
    )
  }
})
