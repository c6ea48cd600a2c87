import t from 'tap'
import { request } from 'undici'
import type { Answer } from '../helpers/fake-cluster.ts'
import { agentFor, camunda, pieces } from '../helpers/library.ts'

const takes =
  (token: string): Answer =>
  ({ headers }, response) => {
    response.writeHead(headers.authorization === `Bearer ${token}` ? 200 : 401)
    response.end('said')
  }

t.test('of a text, of a stream and of what fetch sends', async (t) => {
  for (const kind of ['text', 'stream', 'fetch'] as const) {
    const { cluster, idp } = await camunda(t, takes('token-2'))
    const { agent } = agentFor(t, { cluster, idp })
    const url = `${cluster.url}/v2/messages`
    const dispatcher = agent as unknown as NonNullable<RequestInit['dispatcher']>
    const answer =
      kind === 'fetch'
        ? await fetch(url, { method: 'POST', body: 'a body', dispatcher })
        : await request(url, {
            method: 'POST',
            body: kind === 'text' ? 'a body' : pieces('a ', 'body'),
            dispatcher: agent,
          })
    t.equal('status' in answer ? answer.status : answer.statusCode, 200, kind)
    t.same(
      cluster.seen.map(({ body }) => String(body)),
      ['a body', 'a body'],
      kind,
    )
    t.equal(idp.requests.length, 2)
  }
})

t.test('once: a 401 to the fresh one is passed on', async (t) => {
  const { cluster, idp } = await camunda(t, takes('none'))
  const { agent } = agentFor(t, { cluster, idp })
  const answer = await request(`${cluster.url}/v2/topology`, { dispatcher: agent })
  t.equal(answer.statusCode, 401)
  t.equal(await answer.body.text(), 'said')
  t.equal(cluster.seen.length, 2)
})
