import t from 'tap'
import { type ApiName, apiNames, callerPath } from '../../src/config/apis.ts'
import { checkTarget } from '../../src/gateway/scope.ts'

const all = () => new Set(apiNames)
const none = () => new Set<ApiName>()

/** What callers send, the API that it belongs to, what is appended to the API's address, and what rules see. */
const FOUND: readonly (readonly [string, ApiName, string, string?])[] = [
  ['/v2', 'v2', '/v2'],
  ['/v2/', 'v2', '/v2/'],
  ['/v2?a=/../b', 'v2', '/v2?a=/../b'],
  ['/v2/topology', 'v2', '/v2/topology'],
  ['/v2/process-instances/search?x=%zz', 'v2', '/v2/process-instances/search?x=%zz'],
  ['/v2/users/a%40b.c', 'v2', '/v2/users/a%40b.c'],
  ['/v2/x/v2/y', 'v2', '/v2/x/v2/y'],
  ['/v2/v20/x', 'v2', '/v2/v20/x'],
  ['//v2/x', 'v2', '/v2/x'],
  ['/v2/v2', 'v2', '/v2'],
  ['/v2/v2/x', 'v2', '/v2/x'],
  ['/v2/v2?q', 'v2', '/v2?q'],
  ['/v2//v2/x', 'v2', '/v2/x'],
  ['///v2//v2/v2/x?q=//v2', 'v2', '/v2/x?q=//v2'],
  ['/v1/process-definitions/search', 'v1', '/v1/process-definitions/search'],
  ['//v1/x', 'v1', '/v1/x'],
  ['/cluster/v2/status', 'cluster', '/cluster/v2/status'],
  ['/cluster//v2/v2/status?a', 'cluster', '/cluster/v2/status?a'],
  ['/physical-tenants/risk1/v2/topology', 'physical-tenants', '/physical-tenants/risk1/v2/topology'],
  ['/physical-tenants/v2/v2/x', 'physical-tenants', '/physical-tenants/v2/v2/x'],
  ['//physical-tenants/a//v2/v2/x?y', 'physical-tenants', '/physical-tenants/a/v2/x?y'],
  ['/mcp', 'mcp', '/mcp'],
  ['/mcp?x', 'mcp', '/mcp?x'],
  ['/mcp/cluster', 'mcp', '/mcp/cluster'],
  ['/operate/v1/incidents/search', 'operate', '/v1/incidents/search', '/operate/v1/incidents/search'],
  ['/operate//v1/x?y', 'operate', '/v1/x?y', '/operate/v1/x?y'],
  ['/tasklist/v1/tasks/1', 'tasklist', '/v1/tasks/1', '/tasklist/v1/tasks/1'],
  [
    '/optimize/api/public/dashboard?a=b',
    'optimize',
    '/api/public/dashboard?a=b',
    '/optimize/api/public/dashboard?a=b',
  ],
  ['/administration/clusters', 'administration', '/clusters', '/administration/clusters'],
  ['/administration?x', 'administration', '/?x', '/administration/?x'],
  ['/administration//evil.example/x', 'administration', '/evil.example/x', '/administration/evil.example/x'],
]

const NOT_FOUND = [
  '/',
  '//',
  '/?/v2/x',
  '/v20/x',
  '/v2;a=b/x',
  '/%76%32/x',
  '/V1/x',
  '/cluster/x',
  '/cluster/v1/x',
  '/clusters',
  '/clusters/',
  '/physical-tenants',
  '/physical-tenants/v2/x',
  '/physical-tenants//v2/x',
  '/physical-tenants/a/b/v2/x',
  '/physical-tenants/a%2Fb/v2/x',
  '/physical-tenants/a%252fb/v2/x',
  '/physical-tenants/a;b/v2/x',
  '/physical-tenants/;/v2/x',
  '/physical-tenants/a/v1/x',
  '/mcps/x',
  '/operate/x',
  '/operate/v2/x',
  '/operate/api/x',
  '/tasklist/x',
  '/optimize/v1/x',
  '/administrations/x',
  '/administration%2Fx',
]

t.test('the prefix says which API is meant and is mounted where the API is', async (t) => {
  for (const [target, api, url, path = url] of FOUND) {
    t.strictSame(checkTarget(target, all), { cluster: undefined, api, url }, target)
    t.equal(callerPath(api, url), path, `${target} for rules`)
  }
})

t.test('nothing else is an API, even if all are served', async (t) => {
  for (const target of NOT_FOUND) t.match(checkTarget(target, all), { refusal: 'path-not-allowed' }, target)
})

t.test('all but v2 are served only to those who ask for them', async (t) => {
  for (const [target, api] of FOUND) {
    const result = checkTarget(target, none)
    if (api === 'v2') t.match(result, { api: 'v2' }, target)
    else t.match(result, { refusal: 'path-not-allowed', detail: `the setting apis names ${api}` }, target)
    t.match(
      checkTarget(target, () => new Set([api])),
      { api },
      target,
    )
  }
})

t.test('a refusal names what would have been forwarded', async (t) => {
  t.match(checkTarget('/x', none), { detail: 'Nothing but /v2/** is forwarded.' })
  t.match(
    checkTarget('/x', () => new Set(['operate'] as const)),
    { detail: '/v2/**, /operate/v1/** is' },
  )
})

t.test('every API is as strict about its paths', async (t) => {
  const fronts = [
    '/v2',
    '/v1',
    '/cluster/v2',
    '/physical-tenants/a/v2',
    '/mcp',
    '/operate/v1',
    '/administration',
  ]
  for (const front of [
    ...fronts,
    '/clusters/a/v2',
    '/clusters/a/operate/v1',
    '/clusters/..;',
    '/clusters/%2e%2e',
  ]) {
    for (const rest of [
      '/..',
      '/./x',
      '/%2e%2e/x',
      '/..%2f',
      '/%252e%252e;/x',
      '/x\\y',
      '/x%00',
      '/%zz',
      '/a b',
      '/a#b',
    ])
      t.match(checkTarget(front + rest, all), { refusal: 'bad-path' }, front + rest)
  }
  t.match(checkTarget('http://evil.example/v1/x', all), { refusal: 'bad-path' })
})
