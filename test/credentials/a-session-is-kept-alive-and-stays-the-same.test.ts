import t from 'tap'
import { cookieLab, headerOf, IDLE_MS, lines, toldLab } from '../helpers/cookie-lab.ts'

for (const generation of ['8.6', '8.8'] as const) {
  t.test(`${generation}: by a request of ours, within its idle time`, async (t) => {
    const { acquire, cluster } = await cookieLab(t, { generation, basePath: '/engine' })
    const first = await acquire()
    cluster.seen.length = 0
    for (let day = 0; day < 60; day++) {
      cluster.clock.now += IDLE_MS * 0.8
      const next = await acquire()
      t.equal(next.session, first.session)
      t.equal(next.lifetimeMs, IDLE_MS)
    }
    t.equal(cluster.logins(), 1)
    t.strictSame(lines(cluster), Array(60).fill('GET /engine/v2/topology'))
    t.equal(cluster.seen[0]?.headers.cookie, headerOf(first.headers, 'cookie'))
    t.equal(cluster.seen[0]?.headers['x-csrf-token'], undefined)
  })
}

t.test('what the answer brings is taken over', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  const before = headerOf(held.headersFor('POST'), 'x-csrf-token')
  await session()
  t.not(headerOf(held.headersFor('POST'), 'x-csrf-token'), before)
})

t.test('any answer does that says nothing of the session', async (t) => {
  let status = 204
  const headers = { 'set-cookie': 'camunda-session=abc; Path=/', location: '/v2/elsewhere' }
  const { session } = await toldLab(t, (_request, response) => response.writeHead(status, headers).end())
  const first = await session()
  for (status of [200, 204, 302, 307, 403, 404, 429, 500, 503])
    t.equal(await session(), first, String(status))
})

t.test('no answer is a failure of the attempt, and the session is there for the next', async (t) => {
  const { session, failure, cluster } = await cookieLab(t)
  const first = await session()
  cluster.hangUp(true)
  t.match(await failure(), { code: 'network', refused: false, message: new URL(cluster.url).host })
  cluster.hangUp(false)
  t.equal(await session(), first)
  t.equal(cluster.logins(), 1)
})
