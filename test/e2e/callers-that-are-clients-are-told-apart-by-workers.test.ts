import t from 'tap'
import { clean } from '../helpers/canaries.ts'
import { basic, clientsOf, cluster, idp, onlyRightSecrets } from '../helpers/clusters.ts'
import { callOnce, runWithWorkers } from '../helpers/workers.ts'

t.test('each has one token, whichever worker serves it, and a wrong secret is refused', async (t) => {
  const provider = await idp(t, onlyRightSecrets)
  const target = await cluster(t)
  const { url, program } = await runWithWorkers(t, 2, {
    CAMUNDA_REST_ADDRESS: target.url,
    CAMUNDA_OAUTH_URL: provider.tokenUrl,
    CAMUNDA_PROXY_CALLER_AUTH: 'client-credentials',
    CAMUNDA_PROXY_PORT: '0',
    CAMUNDA_PROXY_ADMIN_PORT: '0',
    CAMUNDA_PROXY_ACCESS_LOG: 'all',
    CAMUNDA_PROXY_LOG_LEVEL: 'trace',
  })
  const call = (headers: Record<string, string>) => callOnce(`${url}/v2/x`, { headers })
  for (let i = 0; i < 4; i++) t.equal((await call(basic('alice', 'right'))).status, 200)
  for (let i = 0; i < 4; i++) t.equal((await call(basic('bob', 'right'))).status, 200)
  t.strictSame(clientsOf(target), [...Array(4).fill('alice/-'), ...Array(4).fill('bob/-')])
  t.equal(provider.requests.length, 2)

  for (let i = 0; i < 4; i++) {
    const { status, text } = await call(basic('bob', 'canary-wrong'))
    t.equal(status, 401)
    t.match(text, 'caller-refused')
  }
  t.equal(provider.requests.length, 3, 'the identity provider is asked about it once')
  t.match(await call({}), { status: 401, text: /caller-not-authenticated/ })
  clean(t, program.stdout() + program.stderr(), [
    'canary-wrong',
    'alice/-/1',
    basic('alice', 'right').authorization,
  ])
})
