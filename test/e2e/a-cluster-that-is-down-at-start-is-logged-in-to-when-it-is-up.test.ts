import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { problemOf, runMethod, search, setUpCookie } from '../helpers/methods.ts'
import { until } from '../helpers/until.ts'

t.test('with words that speak of the cluster until then', async (t) => {
  const { cluster, proxy } = await setUpCookie(t, {}, { warm: false })
  cluster.hangUp(true)
  proxy.app.start()
  const answer = await search(proxy.url)
  t.equal(answer.status, 503)
  const problem = await problemOf(answer)
  t.match(problem, {
    type: 'urn:camunda-auth-proxy:problem:credential-unavailable',
    detail: /^The cluster 127\.0\.0\.1:\d+ could not be reached/,
  })
  t.notMatch(`${problem.title} ${problem.detail}`, /identity provider/)
  cluster.hangUp(false)
  await until(() => proxy.log().includes('login acquired'), 'it tries again by itself')
  t.equal((await search(proxy.url)).status, 200)
})

t.test('a server that speaks something else is told as one', async (t) => {
  const server = await rawServer((socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
  t.teardown(() => server.close())
  const proxy = await runMethod(t, server.url, { env: { CAMUNDA_AUTH_STRATEGY: 'COOKIE' } })
  const { detail } = await problemOf(await search(proxy.url))
  t.match(detail, /^The cluster 127\.0\.0\.1:\d+ did not answer in HTTP\./)
})
