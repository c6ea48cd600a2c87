import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy, setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

t.test('up: what is meant for one connection, and what the caller may not say', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const answer = await rawRequest(
    proxy.port,
    requestHead('GET', '/v2/topology', [
      'Connection: keep-alive, X-Private, Authorization',
      'X-Private: 1',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic Zm9v',
      'TE: trailers',
      'Trailer: X-Checksum',
      'Upgrade: h2c',
      'HTTP2-Settings: AAMAAABkAAQAAP__',
      'Authorization: Bearer of-the-caller',
      'Cookie: camunda-session=of-the-caller',
      'X-CSRF-TOKEN: of-the-caller',
      'Forwarded: for=1.2.3.4',
      'X-Forwarded-For: 1.2.3.4',
      'X-Forwarded-Anything: 1',
      'X-Camunda-Proxy-Token: of-the-caller',
      'Accept-Version: 9.9.9',
      'X-Kept: one',
      'x-kept: two',
      'Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    ]),
  )
  t.equal(answer.status, 200)
  const raw = cluster.seen[0]?.rawHeaders ?? []
  const names = raw.filter((_, i) => i % 2 === 0)
  t.strictSame(names.map((name) => name.toLowerCase()).sort(), [
    'accept-version',
    'authorization',
    'connection',
    'host',
    'traceparent',
    'via',
    'x-kept',
    'x-kept',
  ])
  t.ok(names.includes('X-Kept') && names.includes('x-kept'), 'spelling and repetition are kept')
  t.equal(
    cluster.seen[0]?.headers.authorization,
    'Bearer token-1',
    'naming it in Connection does not remove ours',
  )
  t.match(cluster.seen[0]?.headers.via, /^1\.1 camunda-auth-proxy-[0-9a-f]{8}$/)
  t.equal(cluster.seen[0]?.headers.host, new URL(cluster.url).host)
})

t.test('down: what is meant for one connection, and CORS', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await rawServer((socket) => {
    socket.on('data', () =>
      socket.write(
        [
          'HTTP/1.1 200 OK',
          'Connection: keep-alive, X-Private',
          'Keep-Alive: timeout=5',
          'X-Private: 1',
          'Proxy-Authenticate: Basic',
          'Trailer: X-Checksum',
          'Upgrade: h2c',
          'Access-Control-Allow-Origin: *',
          'access-control-allow-credentials: true',
          'Set-Cookie: a=1',
          'Set-Cookie: b=2',
          'X-Spelled: as-it-was',
          'X-Latin: caf\xe9',
          'Content-Length: 2',
          '',
          'ok',
        ].join('\r\n'),
        'latin1',
      ),
    )
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const answer = await rawRequest(proxy.port, requestHead('GET', '/v2/topology'))
  const lines = answer.head
    .split('\r\n')
    .slice(1)
    .filter((line) => !/^(Date|Connection|Keep-Alive):/.test(line))
  t.strictSame(lines, [
    'Set-Cookie: a=1',
    'Set-Cookie: b=2',
    'X-Spelled: as-it-was',
    'X-Latin: caf\xe9',
    'Content-Length: 2',
  ])
  t.equal(answer.header('keep-alive'), 'timeout=75', 'our own connection, our own terms')
  t.equal(answer.body, 'ok')
})

t.test(
  'a caller that offers h2c gets HTTP/1.1, and its websocket handshake is an ordinary request',
  async (t) => {
    const { proxy, cluster } = await setUp(t)
    for (const upgrade of ['h2c', 'websocket']) {
      const answer = await rawRequest(
        proxy.port,
        requestHead('GET', '/v2/x', ['Connection: Upgrade', `Upgrade: ${upgrade}`]),
      )
      t.equal(answer.status, 200)
    }
    t.equal(cluster.seen.length, 2)
    t.notOk(cluster.seen.some((request) => request.headers.upgrade))
  },
)
