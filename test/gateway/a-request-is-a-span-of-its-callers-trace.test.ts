import { SpanKind } from '@opentelemetry/api'
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'
import { registerSdk, TRACING } from '../helpers/spans.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const PARENT = `00-${TRACE}-${CALLER}-01`

const spans = registerSdk()
t.beforeEach(() => spans.reset())

/** The values of all headers of this name, however it is written. */
const valuesOf = (raw: readonly string[], name: string) =>
  raw.filter((_, i) => i % 2 === 1 && raw[i - 1]?.toLowerCase() === name)

t.test('the span of the caller is its parent, and it is that of the cluster', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: TRACING })
  const headers = {
    traceparent: PARENT,
    tracestate: 'rojo=00f067aa0ba902b7',
    baggage: 'userId=alice;isProduction=false , serverNode=DF%2028',
  }
  const answer = await fetch(`${proxy.url}/v2/topology?query=1`, { headers })
  await answer.text()
  const span = await spans.request()
  const { traceId, spanId } = span.spanContext()
  t.equal(traceId, TRACE)
  t.equal(span.parentSpanContext?.spanId, CALLER)
  t.equal(span.kind, SpanKind.SERVER)
  t.equal(span.name, 'GET')
  t.strictSame(span.attributes, {
    'http.request.method': 'GET',
    'url.path': '/v2/topology',
    'server.address': '127.0.0.1',
    'server.port': proxy.port,
    'http.response.status_code': 200,
  })
  const { rawHeaders = [] } = cluster.seen[0] ?? {}
  t.strictSame(valuesOf(rawHeaders, 'traceparent'), [`00-${TRACE}-${spanId}-01`])
  t.strictSame(valuesOf(rawHeaders, 'tracestate'), ['rojo=00f067aa0ba902b7'])
  t.strictSame(valuesOf(rawHeaders, 'baggage'), [headers.baggage], 'baggage passes byte for byte')
  t.equal(rawHeaders.filter((name) => name.toLowerCase() === 'authorization').length, 1)
})

t.test('without a caller that traces it begins a trace', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: TRACING })
  await (await fetch(`${proxy.url}/v2/topology`, { method: 'POST', body: '{}' })).text()
  const span = await spans.request()
  const { traceId, spanId } = span.spanContext()
  t.equal(span.parentSpanContext, undefined)
  t.equal(cluster.seen[0]?.headers.traceparent, `00-${traceId}-${spanId}-01`)
  t.equal(cluster.seen[0]?.headers.tracestate, undefined)
})

t.test('what cannot be read of a trace is replaced by one that can', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: TRACING })
  const headers = [`TraceParent: ${PARENT}`, `traceparent: ${PARENT}`, 'Tracestate: a=1', 'tracestate: b=2']
  await rawRequest(proxy.port, requestHead('GET', '/v2/topology', headers, `localhost:${proxy.port}`))
  const span = await spans.request()
  const { rawHeaders = [] } = cluster.seen[0] ?? {}
  const { traceId, spanId } = span.spanContext()
  t.not(traceId, TRACE)
  t.strictSame(valuesOf(rawHeaders, 'traceparent'), [`00-${traceId}-${spanId}-01`])
  t.strictSame(valuesOf(rawHeaders, 'tracestate'), [], 'which belonged to the other')
})

t.test('a caller that is not sampled stays so', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: TRACING })
  const headers = { traceparent: `00-${TRACE}-${CALLER}-00` }
  await (await fetch(`${proxy.url}/v2/topology`, { headers })).text()
  t.match(cluster.seen[0]?.headers.traceparent, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`))
  t.strictSame(spans.requests(), [])
})

t.test('one span, however often it is sent', async (t) => {
  const { proxy, cluster } = await setUp(t, {
    env: TRACING,
    answer({ headers }, response) {
      response.writeHead(headers.authorization === 'Bearer token-1' ? 401 : 200).end()
    },
  })
  await (await fetch(`${proxy.url}/v2/topology`)).text()
  const span = await spans.request()
  t.equal(span.attributes['http.request.resend_count'], 1)
  t.equal(span.attributes['http.response.status_code'], 200)
  t.equal(cluster.seen.length, 2)
  const [first, second] = cluster.seen.map(({ headers }) => headers.traceparent)
  t.equal(first, second)
  t.equal(spans.requests().length, 1)
})

t.test('a request that had to wait for a credential says how long', async (t) => {
  const { proxy } = await setUp(t, { env: TRACING, warm: false })
  await (await fetch(`${proxy.url}/v2/topology`)).text()
  const span = await spans.request()
  t.type(span.attributes['camunda_auth_proxy.credential_wait_ms'], 'number')
})
