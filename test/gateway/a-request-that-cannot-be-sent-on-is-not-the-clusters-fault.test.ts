import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

t.test('a body longer than a number can say', async (t) => {
  const { proxy, cluster } = await setUp(t)
  const head = requestHead('POST', '/v2/x', [`Content-Length: ${2 ** 53}`])
  const answer = await rawRequest(proxy.port, head)
  t.equal(answer.status, 400)
  t.match(JSON.parse(answer.body), { type: 'urn:camunda-auth-proxy:problem:bad-request', fault: 'caller' })
  t.equal(cluster.begun(), 0)
})
