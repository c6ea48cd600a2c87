import t from 'tap'
import type { StatusSnapshot } from '../../src/admin/status.ts'
import { json, tokens } from '../helpers/fake-idp.ts'
import { runProxy, setUp } from '../helpers/proxy.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const status = async (adminUrl: string) =>
  (await (await fetch(`${adminUrl}/status.json`)).json()) as StatusSnapshot
const jwt = (claims: object) =>
  ['{"alg":"none"}', JSON.stringify(claims), 'sig']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

t.test('a good one: how long it lasts, who asked for it, and its claims', async (t) => {
  const token = jwt({ aud: ['a', 'b'], exp: 1_800_000_300, sub: 'me' })
  const { proxy, idp, cluster } = await setUp(t, {
    clock: new VirtualClock(),
    env: { CAMUNDA_TOKEN_AUDIENCE: 'an-audience', CAMUNDA_OAUTH_SCOPE: 'a-scope' },
    idp: (_request, response) =>
      json(response, 200, { access_token: token, expires_in: 300, token_type: 'Bearer' }),
  })
  const answer = await fetch(`${proxy.adminUrl}/status.json`)
  t.equal(answer.headers.get('cache-control'), 'no-store')
  t.match(await answer.json(), {
    version: /^\d+\.\d+\.\d+/,
    processes: 1,
    listening: proxy.url,
    isDraining: false,
    furtherClusters: 0,
    problems: [],
    clusters: [
      {
        name: 'default',
        isDefault: true,
        address: cluster.url,
        base: proxy.url,
        readOnly: false,
        credentials: [
          {
            apis: [{ name: 'v2', at: '/v2/**', address: cluster.url }],
            strategy: 'OAUTH',
            clientId: 'test-client',
            audience: 'an-audience',
            scope: 'a-scope',
            identityProvider: idp.tokenUrl,
            state: 'fresh',
            usableForMs: 290_000,
            lifeMs: 290_000,
            isTrying: false,
            lastAttempt: { ok: true, endedAgoMs: 0 },
            claims: { aud: 'a, b', exp: 1_800_000_300, sub: 'me' },
          },
        ],
      },
    ],
  })
})

t.test('one that fails: who is to blame, when it is tried again, and what to do', async (t) => {
  const clock = new VirtualClock()
  const { proxy, idp } = await setUp(t, { clock, idp: tokens(100) })
  idp.answerWith((_request, response) => json(response, 503, { error: 'down' }))
  await clock.advance(81_000)
  await proxy.app.keeper?.obtain()
  for (let i = 0; i < 200 && proxy.app.keeper?.status().state !== 'degraded'; i++) await clock.settle()
  const [first] = (await status(proxy.adminUrl)).clusters
  t.match(first?.credentials[0], {
    state: 'degraded',
    lastAttempt: { ok: false },
    lastFailure: { code: 'http-503', fault: 'identity provider', message: /answered status 503/ },
  })
  t.ok((first?.credentials[0]?.nextAttemptInMs ?? 0) > 0)
  t.match((await status(proxy.adminUrl)).problems, [
    {
      code: 'credential: http-503',
      cluster: 'default',
      fault: 'identity provider',
      cure: /^Check the address/,
    },
  ])
})

t.test('a refused client is the fault of the settings', async (t) => {
  const { proxy } = await setUp(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
  })
  const { clusters, problems } = await status(proxy.adminUrl)
  t.match(clusters[0]?.credentials[0], {
    state: 'misconfigured',
    usableForMs: 0,
    lastFailure: { code: 'invalid_client', fault: 'settings' },
  })
  t.match(problems, [{ fault: 'settings', cure: /client id, client secret/ }])
})

t.test('one that nobody has asked for is not asked for by looking', async (t) => {
  const { idp, cluster } = await setUp(t)
  const config = `
clusters:
  one: { restAddress: ${cluster.url}, oauthUrl: ${idp.tokenUrl}, clientId: c1, clientSecret: s }
  two: { restAddress: ${cluster.url}, oauthUrl: ${idp.tokenUrl}, clientId: c2, clientSecret: s, readOnly: true }
defaultCluster: one
`
  const proxy = await runProxy(t, { config })
  const before = idp.requests.length
  const { clusters } = await status(proxy.adminUrl)
  t.match(clusters, [
    { name: 'one', isDefault: true, base: proxy.url, credentials: [{ state: 'fresh' }] },
    { name: 'two', base: `${proxy.url}/clusters/two`, readOnly: true, credentials: [{ state: 'unused' }] },
  ])
  t.equal(idp.requests.length, before)
})
