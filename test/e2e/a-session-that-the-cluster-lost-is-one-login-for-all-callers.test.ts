import t, { type Test } from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { PASSWORD, runMethod, search, setUpCookie, USER } from '../helpers/methods.ts'
import type { RunningProxy } from '../helpers/proxy.ts'

const CALLERS = 50

async function statuses(proxy: RunningProxy): Promise<Set<number>> {
  const calls = Array.from({ length: CALLERS }, (_, i) =>
    i % 2 === 0 ? search(proxy.url) : fetch(`${proxy.url}/v2/topology`, { redirect: 'manual' }),
  )
  return new Set((await Promise.all(calls)).map(({ status }) => status))
}

for (const generation of ['8.6', '8.8'] as const) {
  t.test(`${generation} restarts`, async (t) => {
    const { cluster, proxy } = await setUpCookie(t, { generation })
    t.same(await statuses(proxy), new Set([200]))
    const before = cluster.seen.length
    cluster.restart()
    t.same(await statuses(proxy), new Set([200]))
    t.equal(cluster.seen.slice(before).filter(({ url }) => url.includes('login')).length, 1)
    t.equal(cluster.sessions(), 1)
    t.match(proxy.log(), 'the cluster refused a login before its time')
  })
}

t.test('the cluster is upgraded meanwhile', async (t) => {
  const { cluster, proxy } = await setUpCookie(t, { generation: '8.6' })
  cluster.upgrade('8.8')
  t.same(await statuses(proxy), new Set([200]))
  t.equal(cluster.sessions(), 1)
})

/** Sends whoever has no session to the login page, as one behind a form does. */
async function redirecting(t: Test) {
  let session = 0
  let logins = 0
  const cluster = await fakeCluster((request, response) => {
    if (request.url === '/login') {
      logins++
      response.writeHead(204, { 'set-cookie': `camunda-session=${session}; Path=/` }).end()
    } else if (request.headers.cookie === `camunda-session=${session}`) response.writeHead(200).end('{}')
    else response.writeHead(302, { location: '/login?continue' }).end()
  })
  t.teardown(() => cluster.close())
  return { url: cluster.url, logins: () => logins, restart: () => session++ }
}

t.test('a redirect to the login page says the same', async (t) => {
  const cluster = await redirecting(t)
  const env = { CAMUNDA_COOKIE_AUTH_USERNAME: USER, CAMUNDA_COOKIE_AUTH_PASSWORD: PASSWORD }
  const proxy = await runMethod(t, cluster.url, { env })
  cluster.restart()
  t.same(await statuses(proxy), new Set([200]))
  t.equal(cluster.logins(), 2)
})
