import { request as httpRequest } from 'node:http'
import { SpanStatusCode } from '@opentelemetry/api'
import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy, setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'
import { registerSdk, TRACING } from '../helpers/spans.ts'
import { until } from '../helpers/until.ts'

const spans = registerSdk()
t.beforeEach(() => spans.reset())

t.test('an answer that is streamed, with its last byte', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  let finish = () => {}
  const cluster = await streamingCluster((_request, response) => {
    response.writeHead(200).write('one')
    finish = () => response.end('two')
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, env: TRACING })
  const answer = await fetch(`${proxy.url}/v2/stream`)
  const reader = answer.body?.getReader()
  await reader?.read()
  t.equal(spans.requests().length, 0, 'it goes on')
  finish()
  t.equal(String(Buffer.from((await reader?.read())?.value ?? '')), 'two')
  const span = await spans.request()
  t.equal(span.status.code, SpanStatusCode.UNSET)
  t.equal(span.attributes['error.type'], undefined)
})

t.test('a caller who leaves', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster(() => {})
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, env: TRACING })
  const call = httpRequest(`${proxy.url}/v2/jobs/activation`, { agent: false })
  call.on('error', () => {})
  call.end()
  await until(() => cluster.begun() === 1, 'it is with the cluster')
  t.equal(spans.requests().length, 0)
  call.destroy()
  const span = await spans.request()
  t.equal(span.attributes['error.type'], 'caller-left')
  t.equal(span.attributes['http.response.status_code'], undefined)
  t.equal(span.status.code, SpanStatusCode.UNSET, 'nothing has failed')
})

t.test('an answer that breaks off', async (t) => {
  const { proxy } = await setUp(t, {
    env: TRACING,
    answer(_request, response) {
      response.writeHead(200, { 'content-length': 10 }).write('one')
      setImmediate(() => response.destroy())
    },
  })
  await t.rejects(fetch(`${proxy.url}/v2/x`).then((answer) => answer.text()))
  const span = await spans.request()
  t.equal(span.attributes['error.type'], 'broke-off')
  t.equal(span.attributes['http.response.status_code'], 200)
  t.equal(span.status.code, SpanStatusCode.ERROR)
})

t.test('an error of the cluster', async (t) => {
  const statuses = [503, 404]
  const { proxy } = await setUp(t, {
    env: TRACING,
    answer: (_request, response) => response.writeHead(statuses.shift() ?? 0).end(),
  })
  for (const _ of [...statuses]) await (await fetch(`${proxy.url}/v2/x`)).text()
  const [failed, absent] = [await spans.request(1), await spans.request(2)]
  t.equal(failed.attributes['error.type'], '503')
  t.equal(failed.status.code, SpanStatusCode.ERROR)
  t.equal(absent.attributes['error.type'], undefined, '404 is an answer like others')
  t.equal(absent.status.code, SpanStatusCode.UNSET)
})

t.test('what the proxy answers itself, by the code of the problem', async (t) => {
  const { proxy, cluster, idp } = await setUp(t, {
    env: { ...TRACING, CAMUNDA_PROXY_ALLOWED_ORIGINS: 'http://page.example' },
    warm: false,
    idp: (_request, response) => response.writeHead(503).end(),
  })
  const parent = 'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await rawRequest(proxy.port, requestHead('GET', '/v2/topology', [parent], 'elsewhere.example'))
  await (await fetch(`${proxy.url}/other`)).text()
  await (await fetch(`${proxy.url}/v2/topology`)).text()
  const headers = { origin: 'http://page.example', 'access-control-request-method': 'GET' }
  await rawRequest(
    proxy.port,
    requestHead(
      'OPTIONS',
      '/v2/topology',
      Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      'localhost',
    ),
  )
  await spans.request(4)
  t.strictSame(
    spans
      .requests()
      .map(({ attributes, status }) => [
        attributes['error.type'],
        attributes['http.response.status_code'],
        status.code === SpanStatusCode.ERROR,
      ]),
    [
      ['host-not-allowed', 421, false],
      ['path-not-allowed', 404, false],
      ['credential-unavailable', 503, true],
      [undefined, 204, false],
    ],
  )
  const [refused] = spans.requests()
  t.equal(refused?.parentSpanContext?.spanId, 'b7ad6b7169203331')
  t.equal(cluster.seen.length, 0)
  t.not(idp.requests.length, 0)
})

t.test('and those that have ended are exported before the proxy is closed', async (t) => {
  const { proxy } = await setUp(t, { env: TRACING })
  await (await fetch(`${proxy.url}/v2/x`)).text()
  const { spanId } = (await spans.request()).spanContext()
  const exported = () => spans.batches().map((span) => span.spanContext().spanId)
  t.notOk(exported().includes(spanId))
  await proxy.app.close()
  t.ok(exported().includes(spanId))
})
