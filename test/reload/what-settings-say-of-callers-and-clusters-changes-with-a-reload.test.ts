import { request } from 'node:http'
import t from 'tap'
import { cluster } from '../helpers/clusters.ts'
import { reloadLab } from '../helpers/reload-lab.ts'

const status = (url: string, headers: Record<string, string> = {}) =>
  new Promise<number | undefined>((resolve, reject) => {
    request(url, { headers }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end()
  })

const clusters = (entries: Record<string, string>, more = '') =>
  `clusters:\n${Object.entries(entries)
    .map(([name, url]) => `  ${name}: { restAddress: "${url}", authStrategy: NONE }\n`)
    .join('')}defaultCluster: a\n${more}`

t.test('clusters come and go', async (t) => {
  const [a, b] = [await cluster(t), await cluster(t)]
  const { proxy, reload } = await reloadLab(t, clusters({ a: a.url, b: a.url }))
  const of = (name: string) => status(`${proxy.url}/clusters/${name}/v2/topology`)
  t.strictSame(await Promise.all(['a', 'b', 'c'].map(of)), [200, 200, 404])
  await reload(clusters({ a: a.url, c: b.url }))
  t.strictSame(await Promise.all(['a', 'b', 'c'].map(of)), [200, 404, 200])
  t.equal(b.seen.length, 1)
})

t.test('who may call', async (t) => {
  const a = await cluster(t)
  const { proxy, reload } = await reloadLab(t, clusters({ a: a.url }))
  const url = `${proxy.url}/v2/topology`
  const named = { host: 'proxy.example' }
  t.equal(await status(url, named), 421)
  t.equal(await status(`${proxy.adminUrl}/livez`, named), 421)
  await reload(clusters({ a: a.url }, 'allowedHosts: [proxy.example]\ncallerToken: secret-of-callers\n'))
  t.equal(await status(url, named), 401)
  t.equal(await status(url, { ...named, 'x-camunda-proxy-token': 'secret-of-callers' }), 200)
  t.equal(await status(`${proxy.adminUrl}/livez`, named), 200)
  await reload(clusters({ a: a.url }))
  t.equal(await status(url, named), 421)
  t.equal(await status(url), 200)
})

t.test('how much is logged', async (t) => {
  const a = await cluster(t)
  const { proxy, reload } = await reloadLab(t, clusters({ a: a.url }))
  await status(`${proxy.url}/v2/unseen`)
  await reload(clusters({ a: a.url }, 'accessLog: all\n'))
  await status(`${proxy.url}/v2/seen`)
  const paths = proxy.logLines().flatMap(({ path }) => (path === undefined ? [] : [path]))
  t.strictSame(paths, ['/v2/seen'])
})

t.test(
  'the users of the machine, for connections that are there already',
  { skip: process.platform !== 'linux' && 'needs Linux' },
  async (t) => {
    const a = await cluster(t)
    const { proxy, reload } = await reloadLab(t, clusters({ a: a.url }))
    const url = `${proxy.url}/v2/topology`
    t.equal((await fetch(url)).status, 200)
    await reload(clusters({ a: a.url }, 'allowedUids: [4000000000]\n'))
    t.equal((await fetch(url)).status, 403)
    await reload(clusters({ a: a.url }, 'allowedUids: [self]\n'))
    t.equal((await fetch(url)).status, 200)
  },
)
