import t from 'tap'
import { clientsOf, cluster, idp } from '../helpers/clusters.ts'
import { runProxy } from '../helpers/proxy.ts'

t.test('the default at /v2, each at /clusters/NAME, unknown names nowhere', async (t) => {
  const [{ tokenUrl }, one, two] = [await idp(t), await cluster(t), await cluster(t)]
  const config = `
defaultCluster: prod
clusters:
  prod: { restAddress: '${one.url}/base/prod', clientId: p, clientSecret: s, oauthUrl: '${tokenUrl}' }
  test.eu: { restAddress: '${two.url}/v2', clientId: t, clientSecret: s, oauthUrl: '${tokenUrl}' }
`
  const proxy = await runProxy(t, { config })
  for (const path of ['/v2/a', '/clusters/prod/v2/b', '//clusters/prod//v2/c', '/clusters/prod/v2/v2/d'])
    t.equal((await fetch(proxy.url + path)).status, 200, path)
  for (const path of [
    '/clusters/test.eu/v2/a?x=/v2',
    '//clusters//test.eu//v2/b',
    '/clusters/test.eu/v2/v2/c',
  ])
    t.equal((await fetch(proxy.url + path)).status, 200, path)
  t.strictSame(
    one.seen.map(({ url }) => url),
    ['a', 'b', 'c', 'd'].map((name) => `/base/prod/v2/${name}`),
  )
  t.strictSame(
    two.seen.map(({ url }) => url),
    ['/v2/a?x=/v2', '/v2/b', '/v2/c'],
  )
  t.strictSame([...new Set(clientsOf(one))], ['p/-'])
  t.strictSame([...new Set(clientsOf(two))], ['t/-'])

  for (const name of ['default', 'PROD', 'none']) {
    const answer = await fetch(`${proxy.url}/clusters/${name}/v2/a`)
    t.equal(answer.status, 404)
    t.match(await answer.json(), { type: 'urn:camunda-auth-proxy:problem:unknown-cluster' }, name)
  }
  t.equal(one.seen.length + two.seen.length, 7)
})

t.test('the only one is the default, and one outside of the map is called default', async (t) => {
  const [{ tokenUrl }, one, two] = [await idp(t), await cluster(t), await cluster(t)]
  const config = `clusters: { only: { restAddress: '${one.url}', clientId: o, clientSecret: s, oauthUrl: '${tokenUrl}' } }`
  const only = await runProxy(t, { config })
  for (const path of ['/v2/a', '/clusters/only/v2/a'])
    t.equal((await fetch(only.url + path)).status, 200, path)
  t.equal((await fetch(`${only.url}/clusters/default/v2/a`)).status, 404)

  const both = await runProxy(t, { config, clusterUrl: two.url, tokenUrl })
  for (const path of ['/v2/b', '/clusters/default/v2/b', '/clusters/only/v2/a'])
    t.equal((await fetch(both.url + path)).status, 200, path)
  t.strictSame(clientsOf(one), ['o/-', 'o/-', 'o/-'])
  t.strictSame(clientsOf(two), ['test-client/-', 'test-client/-'])
})

t.test('clusters with the same client share its token', async (t) => {
  const [provider, one, two] = [await idp(t), await cluster(t), await cluster(t)]
  const entry = ({ url }: { url: string }) =>
    `{ restAddress: '${url}', clientId: c, clientSecret: s, oauthUrl: '${provider.tokenUrl}' }`
  const config = `{ defaultCluster: a, clusters: { a: ${entry(one)}, b: ${entry(two)} } }`
  const proxy = await runProxy(t, { config })
  for (const name of ['a', 'b']) await fetch(`${proxy.url}/clusters/${name}/v2/x`)
  t.equal(provider.requests.length, 1)
  t.equal(one.seen[0]?.headers.authorization, two.seen[0]?.headers.authorization)
})
