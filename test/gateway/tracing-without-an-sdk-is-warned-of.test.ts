import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { TRACING } from '../helpers/spans.ts'

const WARNING = 'no OpenTelemetry SDK is registered'

t.test('and changes nothing', async (t) => {
  const { proxy, cluster } = await setUp(t, { env: TRACING })
  t.match(proxy.log(), WARNING)
  const headers = {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'rojo=00f067aa0ba902b7',
  }
  await (await fetch(`${proxy.url}/v2/topology`, { headers })).text()
  for (const [name, value] of Object.entries(headers)) t.equal(cluster.seen[0]?.headers[name], value)
})

t.test('where it is not wanted, nothing is said', async (t) => {
  const { proxy } = await setUp(t)
  t.notMatch(proxy.log(), WARNING)
})
