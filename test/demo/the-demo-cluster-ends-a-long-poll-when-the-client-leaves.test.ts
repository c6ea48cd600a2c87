import t from 'tap'
import { until } from '../helpers/until.ts'
import { demo } from './demo.ts'

t.test('nothing waits any more, and nothing fails', async (t) => {
  const { cluster, headers } = await demo(t)
  const client = new AbortController()
  const poll = fetch(`${cluster.url}/v2/jobs/activation`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ requestTimeout: 60_000 }),
    signal: client.signal,
  })

  await until(() => cluster.inFlight() === 1, 'the poll waits')
  client.abort()
  await t.rejects(poll)
  await until(() => cluster.inFlight() === 0, 'nothing waits')
  t.equal((await fetch(`${cluster.url}/v2/topology`, { headers })).status, 200)
})
