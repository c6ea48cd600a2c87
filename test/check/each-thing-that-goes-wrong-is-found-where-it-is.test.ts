import t from 'tap'
import { checkBetween, jwts, status } from '../helpers/check.ts'
import { json } from '../helpers/fake-idp.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'

t.test('all is well: 0, one token request, and what was found', async (t) => {
  const { code, report, step, idp, cluster } = await checkBetween(t, {
    cluster: (_request, response) =>
      json(response, 200, { gatewayVersion: '8.8.1', brokers: [{}], username: 'me', roles: ['admin'] }),
  })
  t.equal(code, 0)
  t.equal(report.ok, true)
  t.equal(idp.requests.length, 1)
  t.match(step('claims'), { status: 'ok', facts: { aud: ['zeebe-api'], client: 'test-client' } })
  t.match(step('topology'), { status: 'ok', facts: { gatewayVersion: '8.8.1', brokers: 1 } })
  t.match(step('identity'), { status: 'ok', facts: { username: 'me', roles: ['admin'] } })
  t.match(step('clock'), { status: 'ok', facts: { clocks: [{}, {}] } })
  t.ok(cluster.seen.every(({ headers }) => headers.authorization?.startsWith('Bearer ')))
})

t.test('wrong audience', async (t) => {
  const { code, step } = await checkBetween(t, {
    cluster: status(401),
    env: { CAMUNDA_TOKEN_AUDIENCE: 'other' },
  })
  t.equal(code, 1)
  t.match(step('claims'), {
    status: 'warning',
    diagnosis: 'audience-not-given',
    cause: /“other”.*“zeebe-api”/,
  })
  t.match(step('topology'), { status: 'failed', diagnosis: 'wrong-audience', cure: /tokenAudience/ })
  t.match(step('read'), { status: 'skipped' })
})

t.test('a clock that is off, where tokens are made', async (t) => {
  const { step } = await checkBetween(t, { idp: jwts('zeebe-api', 300), cluster: status(401) })
  t.match(step('topology'), { status: 'failed', diagnosis: 'clock-off', cure: /NTP/ })
  t.match(step('claims'), { status: 'warning', diagnosis: 'clock-off' })
  t.match(step('clock'), { status: 'warning', diagnosis: 'clock-off' })
})

t.test('an IP allowlist', async (t) => {
  const { step } = await checkBetween(t, { cluster: status(403, 'text/html') })
  t.match(step('topology'), { status: 'failed', diagnosis: 'address-not-allowed', cure: /allowlist/ })
})

t.test('/v2 twice, and a web application', async (t) => {
  const twice = await checkBetween(t, { cluster: status(404), path: '/v2/topology' })
  t.match(twice.step('topology'), { status: 'failed', diagnosis: 'v2-twice' })
  const page = await checkBetween(t, { cluster: status(200, 'text/html'), path: '/operate' })
  t.match(page.step('topology'), { status: 'failed', diagnosis: 'web-application' })
})

t.test('a stray line break, and a rate limit: the cluster is looked at all the same', async (t) => {
  const stray = await checkBetween(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
    env: { CAMUNDA_CLIENT_SECRET: `\n${CLIENT_SECRET}` },
  })
  t.match(stray.step('secret'), { status: 'warning', diagnosis: 'secret-shape' })
  t.match(stray.step('credential'), { status: 'failed', diagnosis: 'secret-shape' })
  t.match(stray.step('topology'), { status: 'skipped', detail: ['There is no credential.'] })
  t.equal(stray.report.steps.filter(({ name }) => name === 'connection').at(-1)?.status, 'ok')
  const limited = await checkBetween(t, {
    idp: (_request, response) => json(response, 429, {}, { 'retry-after': '30' }),
  })
  t.match(limited.step('credential'), { status: 'failed', diagnosis: 'rate-limited', cause: /30 s/ })
  t.equal(limited.idp.requests.length, 1, 'asked once')
})

t.test('a permission that is missing, and what an old version lacks, are no failures', async (t) => {
  const { code, step } = await checkBetween(t, {
    cluster: (request, response) => {
      if (request.url === '/v2/topology') json(response, 200, {})
      else status(request.method === 'POST' ? 403 : 404)(request, response)
    },
  })
  t.equal(code, 0)
  t.match(step('identity'), { status: 'ok', detail: [/does not tell/] })
  t.match(step('read'), { status: 'warning', diagnosis: 'not-authorized', cure: /READ_PROCESS_DEFINITION/ })
})
