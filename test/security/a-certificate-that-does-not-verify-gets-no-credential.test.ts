// @fastify/reply-from builds its own agent with certificate verification off; a server with any certificate at all
// would then be handed our token.
import t from 'tap'
import { selfSigned } from '../helpers/certificate.ts'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'

t.test('a cluster with a self-signed certificate of another host', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const listener = (_request: unknown, response: { end(): void }) => response.end()
  const cluster = await streamingCluster(listener, selfSigned('evil.example'))
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const answer = await fetch(`${proxy.url}/v2/topology`)
  const problem = (await answer.json()) as { type: string; detail: string }
  t.equal(answer.status, 502)
  t.equal(problem.type, 'urn:camunda-auth-proxy:problem:upstream-unreachable')
  t.match(problem.detail, /certificate .* was not accepted/)
  t.equal(cluster.begun(), 0, 'not one request reached it')

  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  t.equal(
    (await fetch(`${proxy.url}/v2/topology`)).status,
    502,
    'the variable that turns verification off does not',
  )
  t.equal(cluster.begun(), 0)
})
