import t from 'tap'
import { cookieCluster } from '../helpers/cookie-cluster.ts'
import { cookieLab, lines, loginAt, PASSWORD } from '../helpers/cookie-lab.ts'

/** What the requests were, without their queries. */
const paths = (all: string[]) => all.map((line) => line.split('?')[0])

t.test('the form of the newer generation comes first, and is enough', async (t) => {
  const { session, cluster } = await cookieLab(t, { generation: '8.8' })
  ;(await session()).isOver(401, undefined)
  await session()
  t.strictSame(paths(lines(cluster)), ['POST /login', 'POST /login'])
  t.notOk(lines(cluster).join().includes('password'), 'no password where an access log has it')
})

t.test('the older page comes after it, and first from then on', async (t) => {
  const { session, cluster } = await cookieLab(t, { generation: '8.6' })
  ;(await session()).isOver(401, undefined)
  await session()
  t.strictSame(paths(lines(cluster)), ['POST /login', 'POST /api/login', 'POST /api/login'])
})

t.test('a cluster that is upgraded is found again', async (t) => {
  const { session, cluster } = await cookieLab(t, { generation: '8.6' })
  ;(await session()).isOver(401, undefined)
  cluster.upgrade('8.8')
  await session()
  t.strictSame(paths(lines(cluster)).slice(2), ['POST /api/login', 'POST /login'])
  t.equal(cluster.sessions(), 1)
})

t.test('a given page decides by its path, and is the only one', async (t) => {
  const older = await cookieCluster({ generation: '8.6', username: 'the user', password: PASSWORD })
  const newer = await cookieCluster({ generation: '8.8', username: 'the user', password: PASSWORD })
  t.teardown(() => Promise.all([older.close(), newer.close()]))
  await loginAt(t, older.base, { loginUrl: `${older.base}/api/login` }).acquire()
  t.strictSame(paths(lines(older)), ['POST /api/login'])
  await loginAt(t, newer.base, { loginUrl: `${newer.base}/login` }).acquire()
  t.strictSame(paths(lines(newer)), ['POST /login'])
  const wrong = loginAt(t, older.base, { loginUrl: `${older.base}/login` })
  t.match(await wrong.failure(), { code: 'no-login-page' })
  t.equal(older.logins(), 1)
})
