import t from 'tap'
import { camunda, settingsFor } from '../helpers/library.ts'
import { mounted } from '../helpers/mounted.ts'
import { registerSdk, TRACING } from '../helpers/spans.ts'

const spans = registerSdk()

t.test('of requests, with their path on that server, and of attempts', async (t) => {
  const parts = await camunda(t)
  const { url } = await mounted(t, { '/camunda': await settingsFor(parts, TRACING) })
  await (await fetch(`${url}/camunda/v2/topology`)).text()
  const headers = { 'sec-fetch-site': 'cross-site' }
  await (await fetch(`${url}/camunda/v2/topology`, { headers })).text()
  const [forwarded, refused] = [await spans.request(1), await spans.request(2)]
  t.equal(forwarded.attributes['url.path'], '/camunda/v2/topology')
  t.match(parts.cluster.seen[0]?.headers.traceparent, forwarded.spanContext().spanId)
  t.equal(refused.attributes['error.type'], 'origin-not-allowed')
  t.ok(spans.ended().some(({ name }) => name === 'acquire credential'))
})
