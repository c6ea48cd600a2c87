import t from 'tap'
import { arrivals, noBrowser, openBrowser } from '../../helpers/browser.ts'
import { fakeCluster } from '../../helpers/fake-cluster.ts'
import { hostileSite } from '../../helpers/hostile-site.ts'
import { setUp } from '../../helpers/proxy.ts'
import { until } from '../../helpers/until.ts'
import { attack, each, openToAll, pageAt } from './attack.ts'
import { type Way, ways } from './ways.ts'

/** What each way is tried from: a site of another name, or a trustworthy one where it takes that. */
const hostOf = (way: Way) => (way.trustworthy ? 'localhost' : 'evil.test')

t.test(
  'every way reaches a server without a guard, or is kept back by the browser itself',
  {
    skip: noBrowser(),
  },
  async (t) => {
    const cluster = await fakeCluster(openToAll)
    t.teardown(() => cluster.close())
    const port = await hostileSite(t)
    const browser = await openBrowser(t)
    await each(browser, ways, async (page, way, i) => {
      const path = `/v2/attack-${i}-`
      const arrived = () => cluster.seen.filter((one) => one.url.startsWith(path) && one.method !== 'OPTIONS')
      const site = `http://${hostOf(way)}:${port}`
      const target = `${cluster.url}${path}`
      const isOver = () => until(() => !way.arrives || arrived().length > 0, `it arrives: ${way.name}`)
      const read = await attack(page, { from: pageAt(`${site}/page`), way, target, site }, isOver)
      t.equal(arrived().length > 0, way.arrives, `${way.name}: arrives`)
      t.equal(read !== '', way.reads, `${way.name}: reads ${read}`)
    })
  },
)

t.test(
  'the proxy refuses each of them: the cluster sees nothing, and the page reads nothing',
  {
    skip: noBrowser(),
  },
  async (t) => {
    const { proxy, cluster } = await setUp(t, { answer: openToAll })
    const seen = arrivals(proxy.app.gateway.server)
    const port = await hostileSite(t)
    const browser = await openBrowser(t)
    await each(browser, ways, async (page, way, i) => {
      const path = `/v2/attack-${i}-`
      const arrived = () => seen.filter((one) => one.url.startsWith(path) && one.status !== 0)
      const site = `http://${hostOf(way)}:${port}`
      const isOver = () => until(() => !way.arrives || arrived().length > 0, `it arrives: ${way.name}`)
      const target = `${proxy.url}${path}`
      const read = await attack(page, { from: pageAt(`${site}/page`), way, target, site }, isOver)
      t.equal(arrived().length > 0, way.arrives, `${way.name}: arrives`)
      t.strictSame(
        arrived().filter(({ status }) => status !== 403),
        [],
        `${way.name}: is refused`,
      )
      t.equal(read, '', `${way.name}: reads nothing`)
    })
    t.equal(cluster.begun(), 0, 'the cluster saw nothing')
  },
)
