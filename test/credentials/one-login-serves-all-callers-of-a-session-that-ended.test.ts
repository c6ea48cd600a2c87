import t from 'tap'
import type { Credential } from '../../src/credentials/credential.ts'
import { CredentialKeeper, type KeeperEvent } from '../../src/credentials/keeper.ts'
import { Pace } from '../../src/credentials/pace.ts'
import type { CookieClusterOptions } from '../helpers/cookie-cluster.ts'
import { cookieLab, IDLE_MS, lines, PASSWORD, send } from '../helpers/cookie-lab.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

/** A keeper of logins on a virtual clock, in front of a cluster that lives by the same time. */
async function lab(t: Parameters<typeof cookieLab>[0], options: CookieClusterOptions = {}) {
  const { source, cluster } = await cookieLab(t, options)
  const clock = new VirtualClock()
  const events: KeeperEvent[] = []
  const onEvent = (event: KeeperEvent) => events.push(event)
  const keeper = new CredentialKeeper({ source, clock, pace: new Pace(0), random: () => 0.5, onEvent })
  t.teardown(() => keeper.close())
  const pass = async (ms: number) => {
    cluster.clock.now += ms
    await clock.advance(ms)
  }
  const ask = (credential: Credential, method = 'POST') => {
    if (credential.session === undefined) throw new Error('there is no session')
    const path = method === 'POST' ? '/v2/user-task/search' : '/v2/topology'
    return send(credential.session, method, cluster.base + path)
  }
  return { keeper, cluster, events, pass, ask }
}

for (const generation of ['8.6', '8.8'] as const) {
  t.test(`${generation}: a 401 to many, one login, and everyone goes on with it`, async (t) => {
    const { keeper, cluster, ask } = await lab(t, { generation })
    const first = await keeper.obtain()
    cluster.restart()
    const callers = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const refused = await ask(first)
        const newer = refused.over ? await keeper.reject(first) : undefined
        return { refused, newer, again: newer === undefined ? undefined : await ask(newer) }
      }),
    )
    for (const { refused, newer, again } of callers) {
      t.match(refused, { status: 401, over: true })
      t.equal(newer?.generation, 2)
      t.match(again, { status: 200, over: false })
    }
    t.equal(cluster.logins(), 2)
    t.notOk(lines(cluster).includes('GET /v2/topology'), 'what the 401 said is not asked again')
  })
}

t.test('a day without callers: the session is kept alive, and is one credential', async (t) => {
  const { keeper, cluster, events, pass, ask } = await lab(t)
  const first = await keeper.obtain()
  for (let times = 1; times <= 64; times++) {
    // When the keeper renews, with the half for a random number that it has here.
    await pass(IDLE_MS * 0.75)
    await until(() => events.length > times, 'the cluster has answered')
  }
  t.equal(cluster.logins(), 1)
  t.equal(lines(cluster).length, 65, 'a login, and no more questions than needed')
  t.equal(keeper.current()?.generation, first.generation)
  t.match(await ask(first), { status: 200 })
})

t.test('a wrong password is a refusal, asked about rarely, until the cluster takes it', async (t) => {
  const { keeper, cluster, pass, ask } = await lab(t, { password: 'another' })
  await t.rejects(keeper.obtain(), {
    code: 'credential-refused',
    message: /refused the user name or password/,
  })
  t.equal(keeper.status().state, 'misconfigured')
  await pass(29_000)
  t.equal(cluster.logins(), 1)
  cluster.changePassword(PASSWORD)
  await pass(1_000)
  t.match(await ask(await keeper.obtain()), { status: 200 })
  t.equal(cluster.logins(), 2)
})
