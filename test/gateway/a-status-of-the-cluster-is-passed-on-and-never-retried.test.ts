// @fastify/reply-from repeats a GET that was answered 503 ten times within a second.
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'

t.test('each status, its headers and its body, after exactly one upstream request', async (t) => {
  const { proxy, cluster } = await setUp(t, {
    answer(request, response) {
      const status = Number(request.url.split('/').at(-1))
      response.writeHead(status, 'As The Cluster Says', {
        'content-type': 'application/problem+json',
        'retry-after': '2',
      })
      response.end(`{"title":"RESOURCE_EXHAUSTED","status":${status}}`)
    },
  })
  for (const method of ['GET', 'POST']) {
    for (const status of [200, 302, 400, 403, 404, 409, 429, 500, 502, 503, 504]) {
      const before = cluster.seen.length
      const answer = await fetch(`${proxy.url}/v2/${status}`, { method, redirect: 'manual' })
      t.equal(answer.status, status)
      t.equal(answer.statusText, 'As The Cluster Says')
      t.equal(answer.headers.get('retry-after'), '2')
      t.equal(answer.headers.get('proxy-status'), null, 'the cluster said it, not the proxy')
      t.equal(await answer.text(), `{"title":"RESOURCE_EXHAUSTED","status":${status}}`)
      t.equal(cluster.seen.length, before + 1, `one ${method} upstream for ${status}`)
    }
  }
})
