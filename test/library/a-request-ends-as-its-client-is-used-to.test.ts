import { once } from 'node:events'
import t from 'tap'
import { errors, request } from 'undici'
import { json } from '../helpers/fake-idp.ts'
import { agentFor, camunda, pieces } from '../helpers/library.ts'
import { until } from '../helpers/until.ts'

t.test('given up while it waits for a token, it fails at once with the reason', async (t) => {
  const { cluster, idp } = await camunda(t, undefined, () => {})
  const { agent } = agentFor(t, { cluster, idp })
  const controller = new AbortController()
  const body = pieces('never sent')
  const failed = request(`${cluster.url}/v2/topology`, {
    method: 'POST',
    body,
    dispatcher: agent,
    signal: controller.signal,
  }).catch((error: unknown) => error)
  await until(() => idp.requests.length === 1, 'the token was asked for')
  const reason = new Error('not needed any more')
  controller.abort(reason)
  t.equal(await failed, reason)
  t.ok(body.destroyed || (await once(body, 'close')))
  t.equal(cluster.begun(), 0)
})

t.test('without a token it fails with what the identity provider said', async (t) => {
  const { cluster, idp } = await camunda(t, undefined, (_request, response) =>
    json(response, 401, { error: 'invalid_client' }),
  )
  const { agent } = agentFor(t, { cluster, idp })
  const url = `${cluster.url}/v2/topology`
  await t.rejects(request(url, { dispatcher: agent }), { name: 'Problem', code: 'credential-refused' })
  const dispatcher = agent as unknown as NonNullable<RequestInit['dispatcher']>
  await t.rejects(fetch(url, { dispatcher }), { cause: { name: 'Problem', code: 'credential-refused' } })
  t.equal(idp.requests.length, 1)
})

t.test('errors of the connection are as undici tells them', async (t) => {
  const { cluster, idp } = await camunda(t, (_request, response) => response.destroy())
  const { agent } = agentFor(t, { cluster, idp })
  await t.rejects(request(`${cluster.url}/v2/topology`, { dispatcher: agent }), errors.SocketError)
})

t.test('its time limits hold', async (t) => {
  const { cluster, idp } = await camunda(t, () => {})
  const { agent } = agentFor(t, { cluster, idp })
  const answer = request(`${cluster.url}/v2/topology`, { dispatcher: agent, headersTimeout: 1 })
  await t.rejects(answer, errors.HeadersTimeoutError)
})

t.test('after close, it fails and says why', async (t) => {
  const { cluster, idp } = await camunda(t)
  const { agent, auth } = agentFor(t, { cluster, idp })
  await auth.close()
  const answer = request(`${cluster.url}/v2/topology`, { dispatcher: agent })
  await t.rejects(answer, { name: 'Problem', code: 'draining' })
})
