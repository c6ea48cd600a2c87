import t from 'tap'
import type { ApiName } from '../../src/config/apis.ts'
import { checkTarget } from '../../src/gateway/scope.ts'

const clusters = new Map<string | undefined, ReadonlySet<ApiName>>([
  [undefined, new Set()],
  ['prod', new Set(['operate'])],
  ['a', new Set()],
  ['v2', new Set()],
  ['a.b_c-d', new Set()],
  ['x'.repeat(63), new Set()],
])
const served = (cluster: string | undefined) => clusters.get(cluster)

t.test('the rest of the path obeys the same rules', async (t) => {
  for (const [target, cluster, api, url] of [
    ['/clusters/prod/v2/topology', 'prod', 'v2', '/v2/topology'],
    ['//clusters//prod//v2/x', 'prod', 'v2', '/v2/x'],
    ['/clusters/prod/v2/v2/x?y=/clusters/a/v2', 'prod', 'v2', '/v2/x?y=/clusters/a/v2'],
    ['/clusters/prod/v2', 'prod', 'v2', '/v2'],
    ['/clusters/v2/v2/x', 'v2', 'v2', '/v2/x'],
    ['/clusters/a.b_c-d/v2/x', 'a.b_c-d', 'v2', '/v2/x'],
    [`/clusters/${'x'.repeat(63)}/v2/x`, 'x'.repeat(63), 'v2', '/v2/x'],
    ['/clusters/prod/operate/v1/x', 'prod', 'operate', '/v1/x'],
    ['/v2/clusters/prod/v2/x', undefined, 'v2', '/v2/clusters/prod/v2/x'],
  ] as const)
    t.strictSame(checkTarget(target, served), { cluster, api, url }, target)
})

t.test('a cluster does not serve what another does, nor a path that is no API', async (t) => {
  for (const target of [
    '/clusters/a/operate/v1/x',
    '/operate/v1/x',
    '/clusters/prod',
    '/clusters/prod?/v2/x',
    '/clusters/prod/',
    '/clusters/prod/x',
    '/clusters/prod/clusters/a/v2/x',
    '/Clusters/prod/v2/x',
  ])
    t.match(checkTarget(target, served), { refusal: 'path-not-allowed' }, target)
})

t.test('who guesses a name learns no other', async (t) => {
  const detail = 'The path names a cluster that is not configured here.'
  for (const name of [
    'test',
    'PROD',
    'prod%20',
    '%70rod',
    'prod;x',
    '-a',
    '_a',
    'a@b',
    '*',
    'x'.repeat(64),
    'constructor',
  ])
    t.strictSame(checkTarget(`/clusters/${name}/v2/x`, served), { refusal: 'unknown-cluster', detail }, name)
})

t.test('without a name, there has to be a cluster that needs none', async (t) => {
  const named = (cluster: string | undefined) => (cluster === undefined ? undefined : served(cluster))
  for (const target of ['/v2/x', '//v2/x', '/operate/v1/x'])
    t.match(checkTarget(target, named), { refusal: 'unknown-cluster', detail: '/clusters/NAME/' }, target)
  t.match(checkTarget('/x', named), { refusal: 'path-not-allowed' })
  t.match(checkTarget('/clusters/prod/v2/x', named), { cluster: 'prod' })
})

t.test('without a table there is one cluster, without a name', async (t) => {
  t.match(checkTarget('/v2/x'), { url: '/v2/x' })
  t.match(checkTarget('/clusters/a/v2/x'), { refusal: 'unknown-cluster' })
  t.match(checkTarget('/v1/x'), { refusal: 'path-not-allowed' })
})
