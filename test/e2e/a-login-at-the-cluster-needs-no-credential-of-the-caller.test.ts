import t from 'tap'
import { cookiesOf } from '../helpers/cookie-cluster.ts'
import { lines } from '../helpers/cookie-lab.ts'
import { search, setUpCookie } from '../helpers/methods.ts'

for (const generation of ['8.6', '8.8'] as const) {
  t.test(`${generation}: the first call logs in, and further ones do not`, async (t) => {
    const { cluster, proxy } = await setUpCookie(t, { generation }, { warm: false })
    t.equal(cluster.logins(), 0)
    for (let call = 0; call < 3; call++) {
      const answer = await search(proxy.url)
      t.equal(answer.status, 200)
      t.match(await answer.json(), { items: [] })
      t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 200)
    }
    t.equal(cluster.sessions(), 1)
    t.equal(lines(cluster).filter((line) => /login/.test(line)).length, generation === '8.6' ? 2 : 1)
    t.match(proxy.log(), 'login acquired')
  })

  t.test(`${generation}: cookies and CSRF tokens of the cluster and of callers do not meet`, async (t) => {
    const { cluster, proxy } = await setUpCookie(t, { generation, alsoSets: ['route=1; Path=/'] })
    const mine = { cookie: 'camunda-session=mine; OPERATE-SESSION=mine', 'x-csrf-token': 'mine' }
    for (const answer of [
      await search(proxy.url, { headers: mine }),
      await fetch(`${proxy.url}/v2/topology`, { headers: mine }),
    ]) {
      t.equal(answer.status, 200)
      t.same(answer.headers.getSetCookie(), [])
      t.equal(answer.headers.get('x-csrf-token'), null)
    }
    t.notMatch(JSON.stringify(cluster.seen.map(({ rawHeaders }) => rawHeaders)), 'mine')
    const last = cluster.seen.at(-2)
    const session = generation === '8.6' ? 'OPERATE-SESSION' : 'camunda-session'
    t.same(last && Object.keys(cookiesOf(last)).sort(), ['X-CSRF-TOKEN', session, 'route'].sort())
  })
}

t.test('a CSRF token goes up as the cluster gave it last', async (t) => {
  for (const csrfStatus of [401, 403] as const) {
    const { cluster, proxy } = await setUpCookie(t, { csrfStatus })
    const sent = () => cluster.seen.at(-1)?.headers['x-csrf-token']
    await search(proxy.url)
    const first = sent()
    await fetch(`${proxy.url}/v2/topology`)
    t.equal(sent(), undefined, 'none with a GET')
    t.equal((await search(proxy.url)).status, 200)
    t.ok(first)
    t.not(sent(), first)
    t.equal(cluster.logins(), 1)
  }
})

t.test('the demo user of a cluster on this machine needs no settings but the method', async (t) => {
  const { proxy } = await setUpCookie(
    t,
    { username: 'demo', password: 'demo' },
    {
      env: {
        CAMUNDA_COOKIE_AUTH_USERNAME: '',
        CAMUNDA_COOKIE_AUTH_PASSWORD: '',
        CAMUNDA_AUTH_STRATEGY: 'COOKIE',
      },
    },
  )
  t.equal((await search(proxy.url)).status, 200)
})
