import t from 'tap'
import { json } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'

t.test('503 with the cause, whose fault it is, and when to come back', async (t) => {
  const { proxy, cluster, idp } = await setUp(t, {
    idp: (_request, response) => json(response, 503, {}, { 'retry-after': '7' }),
  })
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(`${proxy.url}/v2/topology`, { method: 'POST', body: 'x' })
    const problem = (await answer.json()) as Record<string, string>
    t.equal(answer.status, 503)
    t.equal(problem.type, 'urn:camunda-auth-proxy:problem:credential-unavailable')
    t.equal(problem.fault, 'identity provider')
    t.match(problem.detail, /127\.0\.0\.1:\d+ answered status 503\. The next attempt is due in [1-7] s\./)
    t.match(answer.headers.get('retry-after'), /^[1-7]$/)
  }
  t.equal(idp.requests.length, 1, 'the wait that it asked for is kept')
  t.equal(cluster.begun(), 0)
})

t.test('a client that the provider refuses', async (t) => {
  const { proxy, idp } = await setUp(t, {
    idp: (_request, response) =>
      json(response, 401, { error: 'invalid_client', error_description: 'Unauthorized' }),
  })
  const answer = await fetch(`${proxy.url}/v2/topology`)
  const problem = (await answer.json()) as Record<string, string>
  t.equal(answer.status, 503)
  t.equal(problem.type, 'urn:camunda-auth-proxy:problem:credential-refused')
  t.match(problem.detail, 'answered status 401 invalid_client (Unauthorized)')
  t.match(answer.headers.get('retry-after'), /^(30|2\d)$/)
  t.equal(idp.requests.length, 1)
})
