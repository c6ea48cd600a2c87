import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const BAD = [
  '/v2/..',
  '/v2/../actuator',
  '/v2/./topology',
  '/v2/%2e%2e/actuator',
  '/v2/.%2E/actuator',
  '/v2/..%2factuator',
  '/v2/..%5cactuator',
  '/v2/x\\..\\actuator',
  '/v2/%252e%252e/actuator',
  '/v2/%25252e%25252e%25252factuator',
  '/v2/..;x=1/actuator',
  '/v2/%2e%2e;/actuator',
  '/v2/..%3b/actuator',
  '/v2/x%00y',
  '/v2/x%0d%0aX-Injected:1',
  '/v2/x%250d%250a',
  '/v2/%E4',
  '/v2/%c0%ae%c0%ae/actuator',
  '/v2/%zz',
  '/v2/%',
  '/v2/a#b',
  'http://evil.example/v2/topology',
  'http://localhost/v2/topology',
  '*',
]

const ELSEWHERE = [
  '/',
  '/v1/x',
  '/actuator',
  '/v20/x',
  '/V2/x',
  '/%76%32/x',
  '/v2%2Ftopology',
  '//evil.example/v2/x',
  '/x/v2/y',
]

t.test('nothing but /v2 is reached, however the path is written', async (t) => {
  const { proxy, cluster } = await setUp(t)
  for (const [status, code, targets] of [
    [400, 'bad-path', BAD],
    [404, 'path-not-allowed', ELSEWHERE],
  ] as const) {
    for (const target of targets) {
      const answer = await rawRequest(proxy.port, requestHead(target === '*' ? 'OPTIONS' : 'GET', target))
      t.equal(answer.status, status, target)
      t.match(answer.body, `"urn:camunda-auth-proxy:problem:${code}"`)
      t.match(answer.header('proxy-status'), /^camunda-auth-proxy; error=/)
    }
  }
  t.equal(cluster.begun(), 0, 'the cluster saw none of it')
})

t.test('bytes that have to be percent-encoded, and methods that are never forwarded', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const raw = await rawRequest(proxy.port, requestHead('GET', '/v2/caf\xe9'))
  t.equal(raw.status, 400)
  t.match(raw.body, 'urn:camunda-auth-proxy:problem:')
  const trace = await rawRequest(proxy.port, requestHead('TRACE', '/v2/topology'))
  t.equal(trace.status, 405)
  t.match(trace.body, 'urn:camunda-auth-proxy:problem:method-not-allowed')
  await t.rejects(
    rawRequest(proxy.port, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    'CONNECT is just closed',
  )
  t.equal(cluster.begun(), 0)
})
