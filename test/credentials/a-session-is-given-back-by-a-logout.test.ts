import t from 'tap'
import { cookieLab, headerOf, lines, loginAt, toldLab } from '../helpers/cookie-lab.ts'

for (const [generation, path] of [
  ['8.6', '/engine/api/logout'],
  ['8.8', '/engine/logout'],
] as const) {
  t.test(`${generation}: at its own page, with cookies and token`, async (t) => {
    const { session, source, cluster } = await cookieLab(t, { generation, basePath: '/engine' })
    const held = await session()
    cluster.seen.length = 0
    await source.retire?.()
    t.strictSame(lines(cluster), [`POST ${path}`])
    const headers = cluster.seen[0]?.headers
    t.equal(headers?.cookie, headerOf(held.headersFor('POST'), 'cookie'))
    t.equal(headers?.['x-csrf-token'], headerOf(held.headersFor('POST'), 'x-csrf-token'))
    t.equal(cluster.sessions(), 0)
    await source.retire?.()
    t.equal(cluster.logouts(), 1, 'once')
  })
}

t.test('a given login page has its logout beside it', async (t) => {
  const { cluster } = await cookieLab(t, { generation: '8.6' })
  const { acquire, source } = loginAt(t, cluster.base, { loginUrl: `${cluster.base}/api/login?a=b` })
  await acquire()
  await source.retire?.()
  t.equal(lines(cluster).at(-1), 'POST /api/logout')
  t.equal(cluster.sessions(), 0)
})

t.test('there is nothing to give back: nothing is sent', async (t) => {
  const { session, source, cluster } = await cookieLab(t)
  await source.retire?.()
  t.equal(cluster.seen.length, 0)
  ;(await session()).isOver(401, undefined)
  await source.retire?.()
  t.equal(cluster.logouts(), 0)
})

t.test('an attempt after it logs in anew', async (t) => {
  const { session, source, cluster } = await cookieLab(t)
  const first = await session()
  await source.retire?.()
  t.not(await session(), first)
  t.equal(cluster.logins(), 2)
})

t.test('a cluster that fails does not fail the logout', async (t) => {
  const { acquire, source, cluster } = await cookieLab(t)
  await acquire()
  cluster.hangUp(true)
  await t.resolves(source.retire?.() ?? Promise.reject(new Error('no retire')))
})

t.test('a cluster that hangs holds it for two seconds', async (t) => {
  const headers = { 'set-cookie': 'camunda-session=abc; Path=/' }
  const { acquire, source, cluster } = await toldLab(t, (request, response) => {
    if (request.url === '/login') response.writeHead(204, headers).end()
  })
  await acquire()
  const late = new AbortController()
  const limits: number[] = []
  t.intercept(AbortSignal, 'timeout', {
    value: (ms: number) => {
      limits.push(ms)
      return late.signal
    },
  })
  const retired = source.retire?.()
  while (cluster.seen.length < 2) await new Promise((resolve) => setImmediate(resolve))
  late.abort(new DOMException('late', 'TimeoutError'))
  await retired
  t.strictSame(limits, [2_000])
})
