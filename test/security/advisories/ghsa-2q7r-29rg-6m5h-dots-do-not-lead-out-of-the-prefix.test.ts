/**
 * GHSA-2q7r-29rg-6m5h (@fastify/reply-from): dots in escapes (`/..%2fadmin`) passed the check of the prefix, were resolved
 * when the address of the upstream was put together, and led to paths beside the one that is served.
 *
 * Here an address is never put together by resolving: what was checked is appended as it is, below the base path of every
 * API and of every cluster.
 */
import t from 'tap'
import { cluster, idp } from '../../helpers/clusters.ts'
import { runProxy } from '../../helpers/proxy.ts'
import { rawRequest, requestHead } from '../../helpers/raw-http.ts'

const DOTS = [
  '..',
  '%2e%2e',
  '.%2E',
  '%252e%252e',
  '..;',
  '%2e%2e%3b',
  '%c0%ae%c0%ae',
  '%ef%bc%8e%ef%bc%8e',
  '%u002e.',
]
const SLASHES = ['/', '%2f', '%252F', '\\', '%5c', '%255c', '%c0%af', '%ef%bc%8f', '%u2215']
const FRONTS = ['/v2/', '/v2/x/', '//v2//', '/clusters/prod/v2/', '/v1/', '/operate/v1/', '/administration/']

t.test('of no API of no cluster', async (t) => {
  const [{ tokenUrl }, target] = [await idp(t), await cluster(t)]
  const config = `
clusters:
  prod:
    restAddress: '${target.url}/tenant/prod'
    apis: [v1, operate, administration]
    operateAddress: '${target.url}/operate'
    administrationAddress: '${target.url}/admin'
    clientId: p
    clientSecret: s
    oauthUrl: '${tokenUrl}'
`
  const proxy = await runProxy(t, { config })
  for (const front of FRONTS) {
    t.equal((await rawRequest(proxy.port, requestHead('GET', `${front}y`))).status, 200, front)
  }
  const reached = target.begun()
  for (const front of FRONTS)
    for (const dots of DOTS)
      for (const slash of SLASHES) {
        const answer = await rawRequest(proxy.port, requestHead('GET', `${front}${dots}${slash}actuator`))
        t.equal(answer.status, 400, `${front}${dots}${slash}`)
      }
  t.equal(target.begun(), reached, 'the cluster saw none of it')
  for (const { url } of target.seen) t.match(url, /^\/(?:tenant\/prod|operate|admin)\//)
})
