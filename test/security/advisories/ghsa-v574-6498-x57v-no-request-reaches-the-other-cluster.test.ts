/**
 * GHSA-v574-6498-x57v (@fastify/reply-from): addresses were cached under destination and path put together as one text,
 * so that two pairs could have the same key, and a request went to the upstream of another one. Behind a proxy with
 * several clusters, that is one cluster's data, and credential, at another.
 *
 * Here nothing is cached by what a caller writes: each cluster has its way, found by its name.
 */
import t from 'tap'
import { clientsOf, cluster, idp } from '../../helpers/clusters.ts'
import { runProxy } from '../../helpers/proxy.ts'

t.test('though base paths and paths, put together, are the same', async (t) => {
  const [{ tokenUrl }, one, two] = [await idp(t), await cluster(t), await cluster(t)]
  const entry = (url: string, id: string) =>
    `{ restAddress: '${url}', clientId: ${id}, clientSecret: s, oauthUrl: '${tokenUrl}', apis: [v1, mcp] }`
  const config = `
defaultCluster: a
clusters:
  a: ${entry(`${one.url}/base`, 'a')}
  b: ${entry(`${two.url}/base/v2`, 'b')}
  v2: ${entry(`${two.url}/v1`, 'v2')}
  a.v2: ${entry(`${one.url}/base/v2`, 'a-v2')}
`
  const proxy = await runProxy(t, { config })
  const names = ['a', 'b', 'v2', 'a.v2']
  const paths = [
    '/v2/x',
    '/v2/v2/x',
    '//v2/x',
    '/v1/v2/x',
    '/mcp/v2',
    '/v2/clusters/b/v2/x',
    '/v2/base/v2/x',
    '/v2?a=/clusters/b',
  ]
  const all = [1, 2, 3].flatMap(() =>
    names.flatMap((name) => paths.map((path) => `/clusters/${name}${path}`)),
  )
  const answers = await Promise.all(all.map((path) => fetch(proxy.url + path)))
  t.ok(answers.every(({ status }) => status === 200))
  const ofClient = (client: string) =>
    [one, two].map((target) => clientsOf(target).filter((id) => id === `${client}/-`).length)
  const each = 3 * paths.length
  t.strictSame(
    [ofClient('a'), ofClient('a-v2')],
    [
      [each, 0],
      [each, 0],
    ],
  )
  t.strictSame(
    [ofClient('b'), ofClient('v2')],
    [
      [0, each],
      [0, each],
    ],
  )
  const bases = { a: '/base/', 'a-v2': '/base/', b: '/base/', v2: '/v1/' }
  for (const target of [one, two])
    for (const [i, client] of clientsOf(target).entries())
      t.ok(target.seen[i]?.url.startsWith(bases[client.replace('/-', '') as keyof typeof bases]), client)
})
