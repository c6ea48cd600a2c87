import t from 'tap'
import { lines } from '../helpers/cookie-lab.ts'
import { search, setUpCookie } from '../helpers/methods.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const MINUTE = 60_000
/** Shorter than an attempt may take: the cluster is asked in real time, and would be given up in that of the clock. */
const STEP_MS = 5_000

async function lab(t: Parameters<typeof setUpCookie>[0]) {
  const clock = new VirtualClock()
  const { cluster, proxy } = await setUpCookie(t, {}, { clock })
  const pass = async (minutes: number) => {
    for (let passed = 0; passed < minutes * MINUTE; passed += STEP_MS) {
      cluster.clock.now += STEP_MS
      await clock.advance(STEP_MS)
      await until(() => proxy.app.keeper?.status().state !== 'renewing', 'the cluster has answered')
    }
  }
  const keptAlive = () => lines(cluster).filter((line) => line === 'GET /v2/topology').length
  const ready = async () => (await fetch(`${proxy.adminUrl}/readyz`)).status
  return { cluster, proxy, pass, keptAlive, ready }
}

t.test('it lasts all day for callers who are seldom there', async (t) => {
  const { cluster, proxy, pass, keptAlive } = await lab(t)
  for (let hour = 0; hour < 8; hour++) {
    t.equal((await search(proxy.url)).status, 200)
    const before = keptAlive()
    await pass(25)
    await until(() => keptAlive() === before + 1, 'the cluster is asked, so that it keeps the session')
    t.equal(cluster.sessions(), 1)
  }
  t.equal(cluster.logins(), 1)
})

t.test('it ends where nobody calls, and the next caller has another', async (t) => {
  const { cluster, proxy, pass, keptAlive, ready } = await lab(t)
  t.equal((await search(proxy.url)).status, 200)
  await pass(25)
  await until(() => keptAlive() === 1, 'it is kept alive for the caller that was there')
  for (let hour = 0; hour < 6; hour++) await pass(60)
  t.equal(keptAlive(), 1, 'and no further')
  t.equal(cluster.sessions(), 0)
  t.equal(await ready(), 200, 'who is not ready gets no caller')
  t.equal((await search(proxy.url)).status, 200)
  t.equal(cluster.logins(), 2)
})
