import t from 'tap'
import { CredentialRecord } from '../../src/admin/credential-record.ts'
import { AcquireError, type CredentialSource } from '../../src/credentials/credential.ts'
import { Pace } from '../../src/credentials/pace.ts'
import { json, tokens } from '../helpers/fake-idp.ts'
import { metricsOf } from '../helpers/metrics.ts'
import { fileIn, runProxy, setUp } from '../helpers/proxy.ts'

const NAME = { cluster: 'one', api: 'v2' } as const
const issued = { headers: [], lifetimeMs: 1_000 }
const fails =
  (code: string, refused = false) =>
  () =>
    Promise.reject(new AcquireError({ code, message: '', refused }))

const source = (acquire: CredentialSource['acquire']): CredentialSource => ({
  acquire,
  fingerprint: async () => '',
})

t.test('each way to fail has its word', async (t) => {
  const record = new CredentialRecord()
  const ends = [
    ['ok', async () => issued],
    ['timeout', fails('timeout')],
    ['timeout', fails('discovery-timeout')],
    ['network', fails('tls')],
    ['http_5xx', fails('http-503')],
    ['rate_limited', fails('http-429')],
    ['rejected', fails('invalid_client', true)],
    ['malformed', fails('http-404')],
    ['local', fails('secret-unreadable')],
    ['local', () => Promise.reject(new Error('a defect'))],
  ] as const
  for (const [, acquire] of ends)
    await record
      .measured(NAME, source(acquire))
      .acquire(new AbortController().signal)
      .catch(() => undefined)
  const [history] = record.histories
  t.strictSame(history?.attempts, {
    ok: 1,
    timeout: 2,
    network: 1,
    http_5xx: 1,
    rate_limited: 1,
    rejected: 1,
    malformed: 1,
    local: 2,
  })
  t.equal(
    history?.durations.counts.reduce((a, b) => a + b, 0),
    10,
  )
})

t.test('one that does not hear that it is called off counts once', async (t) => {
  const record = new CredentialRecord()
  const answers: (() => void)[] = []
  const slow = source(() => new Promise((resolve) => answers.push(() => resolve(issued))))
  const controller = new AbortController()
  const attempt = record.measured(NAME, slow).acquire(controller.signal)
  controller.abort(new AcquireError({ code: 'timeout', message: '', refused: false }))
  answers[0]?.()
  await attempt
  t.match(record.histories[0]?.attempts, { timeout: 1, ok: 0 })
})

t.test('one that waits for its turn is counted as held back', async (t) => {
  const record = new CredentialRecord()
  const pace = new Pace(1_000, record.noteHeldBack)
  pace.reserve(0)
  t.equal(record.heldBack, 0)
  pace.reserve(999)
  t.equal(record.heldBack, 1)
  pace.reserve(5_000)
  t.equal(record.heldBack, 1)
})

t.test('one that a shutdown ends does not count', async (t) => {
  const record = new CredentialRecord()
  const controller = new AbortController()
  const deaf = source(() => new Promise(() => {}))
  void record.measured(NAME, deaf).acquire(controller.signal)
  controller.abort(new Error('shutting down'))
  const counts = Object.values(record.histories[0]?.attempts ?? {})
  t.ok(counts.every((count) => count === 0))
})

t.test('as /metrics tells them, with the renewals that the cluster forced and the replays', async (t) => {
  const { proxy } = await setUp(t, {
    answer(request, response) {
      response.writeHead(request.headers.authorization === 'Bearer token-1' ? 401 : 200).end()
    },
  })
  t.equal(
    (await fetch(`${proxy.url}/v2/topology`, { headers: { authorization: 'Bearer mine' } })).status,
    200,
  )
  const value = await metricsOf(proxy.adminUrl)
  const of = 'cluster="default",api="v2"'
  t.equal(value(`token_requests_total{${of},result="ok"}`), 2)
  t.equal(value(`token_requests_total{${of},result="timeout"}`), 0)
  t.equal(value(`token_forced_refresh_total{${of},reason="unauthorized"}`), 1)
  t.equal(value('retries_total{reason="unauthorized"}'), 1)
  t.equal(value('inbound_authorization_total{action="dropped"}'), 1)
  t.type(value('token_budget_denied_total'), 'number')
  t.ok(Math.abs((value(`token_last_success_timestamp_seconds{${of}}`) ?? 0) - Date.now() / 1_000) < 60)
})

t.test('who waits for the first one is counted', async (t) => {
  const { proxy } = await setUp(t, { warm: false })
  await (await fetch(`${proxy.url}/v2/topology`)).text()
  const value = await metricsOf(proxy.adminUrl)
  t.equal(value('token_wait_seconds_count'), 1)
})

t.test('clients of callers are told together, and not by name', async (t) => {
  const { proxy, idp } = await setUp(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
    env: {
      CAMUNDA_PROXY_CALLER_AUTH: 'client-credentials',
      CAMUNDA_CLIENT_ID: '',
      CAMUNDA_CLIENT_SECRET: '',
    },
  })
  const call = async (id: string) => {
    const authorization = `Basic ${Buffer.from(`${id}:canary-5d8e`).toString('base64')}`
    const answer = await fetch(`${proxy.url}/v2/topology`, { headers: { authorization } })
    await answer.text()
    return answer.status
  }
  t.equal(await call('somebody'), 401)
  idp.answerWith(tokens())
  t.equal(await call('another'), 200)
  const value = await metricsOf(proxy.adminUrl)
  t.equal(value('token_requests_total{result="ok"}'), 1)
  t.equal(value('token_requests_total{result="rejected"}'), 1)
  t.equal(value('inbound_authorization_total{action="used"}'), 2)
  t.notMatch(await (await fetch(`${proxy.adminUrl}/metrics`)).text(), /somebody|another"|canary/)
})

t.test('each cluster has series of its own', async (t) => {
  const { cluster, idp } = await setUp(t)
  const one = (name: string) =>
    `  ${name}: { restAddress: '${cluster.url}', clientId: ${name}, clientSecretFile: ${fileIn(t, name, 'x')}, oauthUrl: '${idp.tokenUrl}' }`
  const config = `defaultCluster: dev\nclusters:\n${one('dev')}\n${one('prod')}\n`
  const proxy = await runProxy(t, { config })
  await (await fetch(`${proxy.url}/clusters/prod/v2/topology`)).text()
  const value = await metricsOf(proxy.adminUrl)
  for (const name of ['dev', 'prod'])
    t.equal(value(`token_requests_total{cluster="${name}",api="v2",result="ok"}`), 1)
})
