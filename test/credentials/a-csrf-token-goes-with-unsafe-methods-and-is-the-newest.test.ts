import t from 'tap'
import { cookieLab, headerOf, send } from '../helpers/cookie-lab.ts'

const token = 'x-csrf-token'

for (const generation of ['8.6', '8.8'] as const) {
  t.test(`${generation}: with unsafe methods only`, async (t) => {
    const { session, cluster } = await cookieLab(t, { generation })
    const held = await session()
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE'])
      t.equal(headerOf(held.headersFor(method), token), undefined, method)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY', 'get']) {
      const sent = headerOf(held.headersFor(method), token)
      t.type(sent, 'string', method)
      t.not(sent, cluster.csrfToken(), 'as it was given, which is not as it is kept')
    }
  })

  t.test(`${generation}: the cluster takes it`, async (t) => {
    const { session, cluster } = await cookieLab(t, { generation })
    const held = await session()
    for (const path of ['user-task', 'user-tasks'])
      t.match(await send(held, 'POST', `${cluster.base}/v2/${path}/search`), { status: 200, over: false })
  })

  t.test(`${generation}: the newest one`, async (t) => {
    const { session, cluster } = await cookieLab(t, { generation })
    const held = await session()
    const first = headerOf(held.headersFor('POST'), token)
    await send(held, 'GET', `${cluster.base}/v2/topology`)
    const second = headerOf(held.headersFor('POST'), token)
    t.not(second, first)
    t.match(await send(held, 'POST', `${cluster.base}/v2/user-task/search`), { status: 200 })
    t.equal(headerOf(held.headersFor('POST'), token), second, 'an answer without one leaves it')
  })
}

t.test('a cluster without this protection gives none and gets none', async (t) => {
  const { session, cluster } = await cookieLab(t, { generation: '8.6', csrf: false })
  const held = await session()
  t.equal(headerOf(held.headersFor('POST'), token), undefined)
  t.match(await send(held, 'POST', `${cluster.base}/v2/user-task/search`), { status: 200 })
})

t.test('what cannot stand in a header does not take the place of what can', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  held.observe(['X-CSRF-TOKEN', 'good'])
  for (const bad of ['', ' ', 'a b', 'a\nb', 'ü', '\u{1F600}', 'x'.repeat(4_097)]) held.observe([token, bad])
  t.equal(headerOf(held.headersFor('POST'), token), 'good')
  held.observe([token, 'older', 'x', 'y', 'X-Csrf-Token', 'newer'])
  t.equal(headerOf(held.headersFor('POST'), token), 'newer', 'the last of one answer counts')
})

t.test('the cluster of these tests refuses what a real one does', async (t) => {
  for (const [generation, type] of [
    ['8.6', 'application/json'],
    ['8.8', 'application/problem+json'],
  ] as const) {
    const { session, cluster } = await cookieLab(t, { generation })
    const cookie = headerOf((await session()).headersFor('GET'), 'cookie') ?? ''
    const post = async (headers: Record<string, string>) => {
      const answer = await fetch(`${cluster.base}/v2/user-task/search`, {
        method: 'POST',
        headers,
        body: '{}',
      })
      return [answer.status, answer.headers.get('content-type')]
    }
    t.strictSame(await post({ cookie }), [403, type], 'no token')
    t.strictSame(await post({ cookie, [token]: cluster.csrfToken() }), [403, type], 'the one of the cookie')
    t.strictSame(await post({}), [401, type], 'no session: nothing to protect')
  }
})
