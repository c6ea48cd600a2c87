import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const SAME = [
  '/v2',
  '/v2/',
  '/v2?x',
  '/v2/topology?',
  '/v2/topology?a=1&a=2&b=%2F&c=x+y&f=%E4&g=%zz&h=/../..',
  '/v2/users/a%2Fb',
  '/v2/users/100%25',
  '/v2/users/a;b=c/d:e',
  '/v2/users/a%20b/%E2%82%AC',
  '/v2/x//y',
  '/v2/...',
  '/v2/.../x...y/..z/.hidden',
  '/v2/a"b{c}|d',
  `/v2/${'x'.repeat(3_000)}`,
]

const DOUBLED = [
  ['//v2/topology', '/v2/topology'],
  ['/v2/v2/topology?a', '/v2/topology?a'],
  ['/v2//v2/topology', '/v2/topology'],
  ['///v2//v2', '/v2'],
  ['/v2/v2x', '/v2/v2x'],
] as const

t.test('targets arrive as they were sent, below the base path of the cluster', async (t) => {
  const { cluster, idp } = await setUp(t)
  const { runProxy } = await import('../helpers/proxy.ts')
  const proxy = await runProxy(t, { clusterUrl: `${cluster.url}/CLUSTER_ID/`, tokenUrl: idp.tokenUrl })
  for (const target of SAME) {
    t.equal((await rawRequest(proxy.port, requestHead('GET', target))).status, 200)
    t.equal(cluster.seen.at(-1)?.url, `/CLUSTER_ID${target}`)
  }
  for (const [target, meant] of DOUBLED) {
    t.equal((await rawRequest(proxy.port, requestHead('GET', target))).status, 200)
    t.equal(cluster.seen.at(-1)?.url, `/CLUSTER_ID${meant}`, `${target} is meant as ${meant}`)
  }
})
