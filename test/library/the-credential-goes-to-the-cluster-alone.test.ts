import t from 'tap'
import { fetch, request } from 'undici'
import { type Answer, fakeCluster } from '../helpers/fake-cluster.ts'
import { agentFor, camunda } from '../helpers/library.ts'

t.test(
  'not to another origin, above the base path or beside /v2, whichever way the path is written',
  async (t) => {
    const { cluster, idp } = await camunda(t)
    const other = await fakeCluster()
    t.teardown(() => other.close())
    const { agent } = agentFor(t, { cluster, idp }, '/base')
    const elsewhere = [
      [other.url, '/base/v2/topology'],
      [cluster.url.replace('127.0.0.1', 'localhost'), '/base/v2/topology'],
      [cluster.url, '/v2/topology'],
      [cluster.url, '/based/v2/topology'],
      [cluster.url, '/base/v1/topology'],
      [cluster.url, '/base/v2/../../other/v2/topology'],
      [cluster.url, '/base/v2/%2e%2e/%2e%2e/other/v2/topology'],
      [cluster.url, '/base/actuator/health'],
    ] as const
    for (const [origin, path] of elsewhere) {
      const headers = { authorization: 'Bearer own' }
      const answer = await agent.request({ origin, path, method: 'GET', headers })
      await answer.body.dump()
      const seen = (origin === other.url ? other : cluster).seen.at(-1)
      t.equal(seen?.url, path)
      t.equal(seen?.headers.authorization, 'Bearer own', `${origin}${path} keeps what it was sent with`)
    }
    t.equal(idp.requests.length, 0, 'and nobody asked for a token')
    await agent.request({ origin: new URL(cluster.url), path: '/base/v2/topology', method: 'GET' })
    t.equal(cluster.seen.at(-1)?.headers.authorization, 'Bearer token-1', 'but to the cluster')
  },
)

t.test('not to where the cluster redirects to', async (t) => {
  const other = await fakeCluster()
  t.teardown(() => other.close())
  const redirect: Answer = (_request, response) => {
    response.writeHead(302, { location: `${other.url}/v2/topology` })
    response.end()
  }
  const { cluster, idp } = await camunda(t, redirect)
  const { agent } = agentFor(t, { cluster, idp })
  const answer = await fetch(`${cluster.url}/v2/topology`, { dispatcher: agent })
  t.ok(answer.redirected)
  t.equal(cluster.seen[0]?.headers.authorization, 'Bearer token-1')
  t.equal(other.seen[0]?.headers.authorization, undefined)
})

t.test('where one cluster lies below another, each gets its own', async (t) => {
  const { cluster, idp } = await camunda(t)
  const { agent } = agentFor(t, { cluster, idp })
  const inner = agentFor(t, { cluster, idp }, '/inner').auth
  const both = agent.compose(inner)
  await request(`${cluster.url}/inner/v2/topology`, { dispatcher: both })
  await request(`${cluster.url}/v2/topology`, { dispatcher: both })
  t.same(
    cluster.seen.map(({ headers }) => headers.authorization),
    ['Bearer token-1', 'Bearer token-2'],
  )
})
