import { writeFileSync } from 'node:fs'
import t from 'tap'
import { PASSWORD, problemOf, search, setUpCookie } from '../helpers/methods.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const WRONG = 'canary-wrong-password-17'

for (const generation of ['8.6', '8.8'] as const) {
  t.test(`${generation}: in the answer, the log and the probe`, async (t) => {
    const { cluster, proxy } = await setUpCookie(
      t,
      { generation },
      {
        env: { CAMUNDA_COOKIE_AUTH_PASSWORD: WRONG },
      },
    )
    const logins = cluster.logins()
    const answer = await search(proxy.url)
    t.equal(answer.status, 503)
    t.ok(Number(answer.headers.get('retry-after')) > 0)
    const problem = await problemOf(answer)
    t.match(problem, {
      type: 'urn:camunda-auth-proxy:problem:credential-refused',
      fault: 'settings',
      detail: /^The login at .*\/login refused the user name or password of "the user"/,
      cure: /password/,
    })
    t.notMatch(`${problem.title} ${problem.detail}`, /identity provider|client/i)
    t.match(proxy.logLines(), [
      { level: 'error', cause: 'wrong-password', msg: /^no new login: The login at/ },
    ])
    t.match(await (await fetch(`${proxy.adminUrl}/readyz`)).text(), 'refused the user name or password')
    t.equal(cluster.logins(), logins, 'and it is not tried again for each caller')
    t.notMatch(proxy.log(), WRONG)
  })

  t.test(`${generation}: corrected in its file, it is noticed within a second`, async (t) => {
    const path = `${t.testdir({ password: `${WRONG}\n` })}/password`
    const env = { CAMUNDA_COOKIE_AUTH_PASSWORD: '', CAMUNDA_COOKIE_AUTH_PASSWORD_FILE: path }
    const clock = new VirtualClock()
    const { proxy } = await setUpCookie(t, { generation }, { env, clock })
    t.equal((await search(proxy.url)).status, 503)
    // The third is that of the status page.
    await until(() => clock.pendingTimers === 3, 'the next look at the file and the next attempt are planned')
    writeFileSync(path, `${PASSWORD}\n`)
    await clock.advance(1_000)
    await until(() => proxy.log().includes('login acquired'), 'the new password is tried')
    t.equal((await search(proxy.url)).status, 200)
  })
}
