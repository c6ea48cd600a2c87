import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import t from 'tap'
import { CredentialRecord } from '../../src/admin/credential-record.ts'
import { AcquireError, type CredentialSource } from '../../src/credentials/credential.ts'
import { tracingOf } from '../../src/tracing.ts'
import { registerSdk } from '../helpers/spans.ts'

const spans = registerSdk()
t.beforeEach(() => spans.reset())

const tracing = await tracingOf(true, () => {})
const acquired = { headers: [], lifetimeMs: 1_000 }
const name = { cluster: 'main', api: 'v2' } as const

async function attempt(acquire: CredentialSource['acquire'], signal = new AbortController().signal) {
  const record = new CredentialRecord(undefined, tracing)
  const source = { acquire, fingerprint: async () => '' }
  await record
    .measured(name, source)
    .acquire(signal)
    .catch(() => {})
  return spans.ended().at(-1)
}

t.test('for which cluster and API, and nothing else', async (t) => {
  const span = await attempt(async () => acquired)
  t.equal(span?.name, 'acquire credential')
  t.equal(span?.kind, SpanKind.INTERNAL)
  t.equal(span?.status.code, SpanStatusCode.UNSET)
  t.strictSame(span?.attributes, { 'camunda_auth_proxy.cluster': 'main', 'camunda_auth_proxy.api': 'v2' })
})

t.test('a failure by its word and its sentence', async (t) => {
  const failure = { code: 'http-503', message: 'The identity provider answered status 503.', refused: false }
  const span = await attempt(async () => {
    throw new AcquireError(failure)
  })
  t.equal(span?.attributes['error.type'], 'http-503')
  t.strictSame(span?.status, { code: SpanStatusCode.ERROR, message: failure.message })
})

t.test('a defect without what it says', async (t) => {
  const span = await attempt(async () => {
    throw new Error('a token')
  })
  t.equal(span?.attributes['error.type'], 'internal')
  t.notMatch(span?.status.message, 'token')
})

t.test('one that is called off, although its source does not hear of it', async (t) => {
  const controller = new AbortController()
  void attempt(() => new Promise(() => {}), controller.signal)
  controller.abort(new Error('closed'))
  t.equal(spans.ended().at(-1)?.attributes['error.type'], 'called-off')
})

t.test('a trace of its own, of which spans that others begin meanwhile are a part', async (t) => {
  let within = trace.getActiveSpan()
  const tracer = trace.getTracer('another')
  const span = await tracer.startActiveSpan('outer', (outer) =>
    attempt(async () => {
      await null
      within = trace.getActiveSpan()
      return acquired
    }).finally(() => outer.end()),
  )
  t.equal(span?.name, 'acquire credential')
  t.equal(span?.parentSpanContext, undefined)
  t.equal(within?.spanContext().spanId, span?.spanContext().spanId)
})
