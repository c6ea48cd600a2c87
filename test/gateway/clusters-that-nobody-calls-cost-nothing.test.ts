import t from 'tap'
import { cluster, idp } from '../helpers/clusters.ts'
import { runProxy } from '../helpers/proxy.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test('three hundred of them: no token, no connection, no timer until they are used', async (t) => {
  const clock = new VirtualClock()
  const [provider, target] = [await idp(t), await cluster(t)]
  const entries = Array.from(
    { length: 300 },
    (_, i) =>
      `  c${i}: { restAddress: '${target.url}/${i}', clientId: c${i}, clientSecret: s, oauthUrl: '${provider.tokenUrl}' }`,
  )
  const config = ['defaultCluster: c0', 'clusters:', ...entries].join('\n')
  const proxy = await runProxy(t, { config, clock })
  const main = clock.pendingTimers
  t.equal(provider.requests.length, 1, 'the default has its token')
  t.equal(target.connections(), 0)
  t.equal(main, 2, 'and the timer of its renewal; the other is that of the status page')

  const used = fetch(`${proxy.url}/clusters/c299/v2/x`)
  while (provider.requests.length < 2) {
    await clock.advance(100)
    // A call takes a moment that no clock gives it.
    await fetch(`${proxy.adminUrl}/livez`)
  }
  t.equal((await used).status, 200)
  t.equal(target.seen[0]?.url, '/299/v2/x')
  t.equal(target.connections(), 1)
  t.equal(clock.pendingTimers, main + 1)

  const before = provider.requests.length
  for (let passed = 0; passed < 30 * 60; passed += 5) {
    await clock.advance(5_000)
    await fetch(`${proxy.adminUrl}/livez`)
  }
  const asked = provider.requests.slice(before).map(({ form }) => form.get('client_id'))
  t.ok(asked.length >= 6, 'the default is kept ready')
  t.strictSame([...new Set(asked)], ['c0'], 'and nobody else is')
})
