import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { demo } from './demo.ts'

async function becomes(condition: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 100 && !condition(); tries += 1) await sleep(10)
  return condition()
}

t.test('nothing waits any more, and nothing fails', async (t) => {
  const { cluster, headers } = await demo(t)
  const client = new AbortController()
  const poll = fetch(`${cluster.url}/v2/jobs/activation`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ requestTimeout: 60_000 }),
    signal: client.signal,
  })

  t.ok(await becomes(() => cluster.inFlight() === 1))
  client.abort()
  await t.rejects(poll)
  t.ok(await becomes(() => cluster.inFlight() === 0))
  t.equal((await fetch(`${cluster.url}/v2/topology`, { headers })).status, 200)
})
