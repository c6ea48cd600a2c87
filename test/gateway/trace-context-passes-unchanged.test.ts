import t from 'tap'
import { setUp } from '../helpers/proxy.ts'

// W3C Trace Context section 3.3 and Baggage: who takes no part in a trace passes them on as they are.
t.test('as the caller sent it', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const headers: [string, string][] = [
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['tracestate', 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'],
    ['baggage', 'userId=alice,serverNode=DF%2028;isProduction=false'],
  ]
  await (await fetch(`${proxy.url}/v2/topology`, { headers })).text()
  const seen = cluster.seen[0]?.headers
  for (const [name, value] of headers) t.equal(seen?.[name], value, name)
})

t.test('and are not made up', async (t) => {
  const { proxy, cluster } = await setUp(t)
  await (await fetch(`${proxy.url}/v2/topology`)).text()
  for (const name of ['traceparent', 'tracestate', 'baggage']) t.notOk(cluster.seen[0]?.headers[name], name)
})
