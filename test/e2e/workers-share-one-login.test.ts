import t from 'tap'
import { clean } from '../helpers/canaries.ts'
import { cookieCluster, cookiesOf } from '../helpers/cookie-cluster.ts'
import { PASSWORD, USER } from '../helpers/methods.ts'
import { callOnce, runWithWorkers } from '../helpers/workers.ts'

t.test('one login, whose newest CSRF token every worker sends, and one logout', async (t) => {
  const cluster = await cookieCluster({ username: USER, password: PASSWORD })
  t.teardown(() => cluster.close())
  const { url, program } = await runWithWorkers(t, 2, {
    CAMUNDA_REST_ADDRESS: cluster.base,
    CAMUNDA_COOKIE_AUTH_USERNAME: USER,
    CAMUNDA_COOKIE_AUTH_PASSWORD: PASSWORD,
    CAMUNDA_PROXY_PORT: '0',
    CAMUNDA_PROXY_ADMIN_PORT: '0',
    CAMUNDA_PROXY_ACCESS_LOG: 'all',
    CAMUNDA_PROXY_LOG_LEVEL: 'trace',
  })
  const get = () => callOnce(`${url}/v2/topology`)
  const search = () => callOnce(`${url}/v2/user-tasks/search`, { method: 'POST' })
  for (let i = 0; i < 4; i++) t.equal((await search()).status, 200)
  t.equal(cluster.logins(), 1)

  // Each answer to a GET has one that looks different: what one worker got is what both send.
  t.equal((await get()).status, 200)
  const newest = cluster.maskedToken()
  const sent = async () => {
    await search()
    return cluster.seen.at(-1)?.headers['x-csrf-token']
  }
  const both = async () => (await sent()) === newest && (await sent()) === newest
  let tries = 0
  while (!(await both()) && tries < 100) tries++
  t.ok(tries < 100)

  cluster.restart()
  const replies = await Promise.all(Array.from({ length: 20 }, search))
  for (const { status } of replies) t.equal(status, 200)
  t.equal(cluster.logins(), 2, 'a session that the cluster lost is one login for all')

  const session = cookiesOf(cluster.seen.at(-1) ?? { headers: {} })['camunda-session'] ?? 'none'
  const secrets = [PASSWORD, session, cluster.csrfToken(), newest]
  t.ok(secrets.every((secret) => secret !== ''))
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.equal(cluster.logouts(), 1)
  clean(t, program.stdout() + program.stderr(), secrets)
})
