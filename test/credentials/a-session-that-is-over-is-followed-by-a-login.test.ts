import t from 'tap'
import { LoginSession } from '../../src/credentials/session.ts'
import { cookieLab, IDLE_MS, lines, send } from '../helpers/cookie-lab.ts'

t.test('the cluster said so to a request: no question is asked first', async (t) => {
  const { session, cluster } = await cookieLab(t)
  const first = await session()
  cluster.restart()
  t.match(await send(first, 'POST', `${cluster.base}/v2/user-task/search`), { status: 401, over: true })
  cluster.seen.length = 0
  const second = await session()
  t.not(second, first)
  t.strictSame(lines(cluster), ['POST /login'])
  t.equal(cluster.seen[0]?.headers.cookie, undefined, 'the cookies of the dead session are not sent')
  t.match(await send(second, 'POST', `${cluster.base}/v2/user-task/search`), { status: 200, over: false })
})

t.test('the cluster says so when it is asked: the login follows in the same attempt', async (t) => {
  for (const generation of ['8.6', '8.8'] as const) {
    const { session, cluster } = await cookieLab(t, { generation })
    const first = await session()
    cluster.clock.now += IDLE_MS
    cluster.seen.length = 0
    const second = await session()
    t.not(second, first)
    t.equal(lines(cluster)[0], 'GET /v2/topology')
    t.equal(cluster.seen.length, 2)
    t.match(await send(second, 'GET', `${cluster.base}/v2/topology`), { status: 200, over: false })
  }
})

t.test('it is over by a 401, or by a redirect to a login page', async (t) => {
  const { session } = await cookieLab(t, { basePath: '/engine' })
  const cases: [number, string | undefined, boolean][] = [
    [401, undefined, true],
    [401, '/anywhere', true],
    [302, '/login', true],
    [303, '/api/login', false],
    [307, '/engine/login', true],
    [302, '/engine/api/login?next=/v2/topology', true],
    [302, 'http://cluster.example/login', true],
    [302, 'https://cluster.example:8443/engine/api/login?error#top', true],
    [302, '//cluster.example/login/', true],
    [302, 'login', false],
    [302, undefined, false],
    [302, '', false],
    [302, '/v2/topology', false],
    [302, '/logins', false],
    [302, '/blogin', false],
    [302, '/elsewhere?to=/login', false],
    [302, '/v2/users/login', false],
    [302, 'http://[', false],
    [301, '/login', false],
    [308, '/login', false],
    [200, '/login', false],
    [201, '/login', false],
    [403, '/login', false],
    [403, undefined, false],
    [404, undefined, false],
    [500, undefined, false],
  ]
  for (const [status, location, over] of cases) {
    const held = await session()
    t.equal(held.isOver(status, location), over, `${status} ${location}`)
    t.equal((await session()) !== held, over, `${status} ${location}: a login`)
  }
})

t.test('a late word on an older session does not end the newer', async (t) => {
  const { session, cluster } = await cookieLab(t)
  const first = await session()
  first.isOver(401, undefined)
  const second = await session()
  first.isOver(401, undefined)
  first.isOver(200, undefined)
  t.equal(await session(), second)
  t.equal(cluster.logins(), 2)
})

t.test('a login that fails is tried again by the next attempt', async (t) => {
  const { session, failure, cluster } = await cookieLab(t)
  ;(await session()).isOver(401, undefined)
  cluster.hangUp(true)
  t.match(await failure(), { code: 'network' })
  cluster.hangUp(false)
  cluster.seen.length = 0
  await session()
  t.strictSame(lines(cluster), ['POST /login'])
})

t.test('a login page of its own path, with or without a slash at its end', async (t) => {
  for (const page of ['http://c.example/sso/login', 'http://c.example/sso/login/']) {
    for (const location of ['/sso/login', '/sso/login/', 'http://c.example/sso/login?next=/v2']) {
      const session = new LoginSession(new URL('http://c.example/'), '', new URL(page))
      t.equal(session.isOver(302, location), true, `${page} ${location}`)
    }
  }
})
