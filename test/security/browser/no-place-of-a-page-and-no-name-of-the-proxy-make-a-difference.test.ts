import type { FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { type Arrival, arrivals, grantLocalNetwork, noBrowser, openBrowser } from '../../helpers/browser.ts'
import { hostileSite, reboundPort } from '../../helpers/hostile-site.ts'
import { noIpv6 } from '../../helpers/ipv6.ts'
import { type RunningProxy, runProxy, setUp } from '../../helpers/proxy.ts'
import { until } from '../../helpers/until.ts'
import { ASSET, attack, each, frameAt, openToAll, pageAt } from './attack.ts'
import { type Place, places, WAYS_TRIED } from './places.ts'
import { ways } from './ways.ts'

interface Listener {
  port: number
  /** Everything that arrives there. */
  seen: Arrival[]
}

/** The listeners of several proxies before one cluster. */
async function listeners(t: Test) {
  const { proxy, cluster, idp } = await setUp(t, { answer: openToAll })
  const at = (env: Record<string, string>) =>
    runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, env })
  const everywhere = await at({ CAMUNDA_PROXY_HOST: '0.0.0.0', CAMUNDA_PROXY_ALLOW_REMOTE: 'true' })
  const named = await at({ CAMUNDA_PROXY_ALLOWED_HOSTS: 'my-proxy.test' })
  const loopback6 = noIpv6 ? undefined : await at({ CAMUNDA_PROXY_HOST: '::1' })
  const byName: Record<Place['listener'], Listener | undefined> = {
    loopback: gatewayOf(proxy),
    everywhere: gatewayOf(everywhere),
    named: gatewayOf(named),
    loopback6: loopback6 && gatewayOf(loopback6),
    admin: proxy.app.admin && watched(proxy.app.admin, proxy.adminUrl),
  }
  return { cluster, byName }
}

function gatewayOf({ app, url }: RunningProxy): Listener {
  return watched(app.gateway, url)
}

function watched({ server }: FastifyInstance, url: string): Listener {
  return { port: Number(new URL(url).port), seen: arrivals(server) }
}

function opener(page: string, folder: string) {
  if (page.startsWith('file:')) return pageAt(`file://${folder}/${page.slice('file:'.length)}`)
  return page.startsWith('frame:') ? frameAt(page.slice('frame:'.length)) : pageAt(page)
}

/** Every way that is tried, from every place that there is. */
function combinations({ byName }: Awaited<ReturnType<typeof listeners>>) {
  const tried = ways.filter(({ name }) => WAYS_TRIED.includes(name))
  return places.flatMap((place) => {
    const target = byName[place.listener]
    return target === undefined ? [] : tried.map((way) => ({ place, target, way }))
  })
}

t.test('wherever a page is and whatever it calls the proxy', { skip: noBrowser() }, async (t) => {
  const lab = await listeners(t)
  if (noIpv6) t.comment(`without IPv6: ${noIpv6}`)
  const folder = t.testdir({ 'page.html': '<!doctype html><body></body>' })
  const [site, publicSite] = [await hostileSite(t), await hostileSite(t)]
  const browser = await openBrowser(t, [publicSite])
  const all = combinations(lab)
  t.ok(all.length >= (places.length - 1) * WAYS_TRIED.length, 'every way was found')
  await each(browser, all, async (page, { place, target, way }, i) => {
    const { host, listener, status } = place
    const isRebound = place.page.includes('REBOUND')
    const port = isRebound ? await reboundPort(t, target.port) : target.port
    const from = place.page
      .replace('SITE', `${site}`)
      .replace('PUBLIC', `${publicSite}`)
      .replace('REBOUND', `${port}`)
    if (from.startsWith('http://127.0.0.1')) await grantLocalNetwork(page, new URL(from).origin)
    const told = `${way.name} from ${from} to ${host} (${listener})`
    const path = listener === 'admin' ? `/metrics?attack-${i}-` : `/v2/attack-${i}-`
    const arrived = () => target.seen.filter((one) => one.url.startsWith(path) && one.status !== 0)
    const read = await attack(
      page,
      {
        from: opener(from, folder),
        way,
        target: `http://${host}:${port}${path}`,
        site: `http://evil.test:${site}`,
      },
      () => until(() => status === undefined || arrived().length > 0, `it arrives: ${told}`),
    )
    t.equal(arrived().length > 0, status !== undefined, `${told}: arrives`)
    t.strictSame(
      arrived().filter((one) => one.status !== status),
      [],
      `${told}: is refused`,
    )
    // Of the same origin, it can read that it was refused.
    if (isRebound) t.notMatch(read, ASSET, told)
    else t.equal(read, '', `${told}: reads nothing`)
  })
  t.equal(lab.cluster.begun(), 0, 'the cluster saw nothing')
})
