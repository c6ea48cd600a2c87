import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { type ApiName, apiNames } from '../../src/config/apis.ts'
import { compilePolicy } from '../../src/gateway/policy.ts'

const verdict = compilePolicy({ readOnly: true, allow: [] })

/** Every operation that Camunda's own client knows, as `POST /jobs/{jobKey}/completion`. */
const operations = (() => {
  const dist = resolve('node_modules/@camunda8/orchestration-cluster-api/dist')
  const source = readdirSync(dist)
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(join(dist, name), 'utf8'))
    .join('\n')
  const calls = source.matchAll(/\bclient\)\.(get|post|put|patch|delete)\(\{[\s\S]*?\burl: "([^"]+)"/g)
  return [...calls].map(([, method = '', path = '']) => ({ method: method.toUpperCase(), path }))
})()
const posts = operations.filter(({ method }) => method === 'POST').map(({ path }) => path)
const filled = (path: string, key: string, name: string) =>
  path.replace(/\{(\w+)\}/g, (_, parameter: string) => (parameter.endsWith('Key') ? key : name))

const MOUNTS: readonly (readonly [ApiName, string])[] = [
  ['v2', '/v2'],
  ['cluster', '/cluster/v2'],
  ['physical-tenants', '/physical-tenants/risk/v2'],
]

t.test('of the POSTs that the client knows, searches and statistics pass, and no others', async (t) => {
  t.ok(posts.length > 90, `${posts.length} POSTs`)
  let reads = 0
  for (const post of posts) {
    const isRead = post.endsWith('/search') || post.includes('/statistics/')
    if (isRead) reads++
    for (const [api, mount] of MOUNTS) {
      const path = mount + filled(post, '2251799813685249', 'some%20one')
      t.equal(verdict('POST', api, path), isRead ? undefined : 'read-only', path)
    }
  }
  t.ok(reads > 45 && reads < posts.length - 40, `${reads} of them only read`)
})

t.test('whatever has a name that a caller may choose, the name does not make a write a read', async (t) => {
  for (const post of posts) {
    if (post.endsWith('/search') || post.includes('/statistics/')) continue
    for (const name of ['search', 'statistics', '%73earch', 'x%2Fsearch', 'search;a', 'search%3Ba']) {
      // Keys are numbers that the cluster gives: there is none of that name.
      const path = `/v2${filled(post, '1', name)}`
      t.equal(verdict('POST', 'v2', path), 'read-only', path)
    }
  }
})

t.test('of the other methods those that are safe pass, whatever the path', async (t) => {
  for (const { method, path } of operations) {
    if (method === 'POST') continue
    t.equal(
      verdict(method, 'v2', `/v2${path}`),
      method === 'GET' ? undefined : 'read-only',
      `${method} ${path}`,
    )
  }
  for (const api of apiNames) {
    for (const method of ['GET', 'HEAD', 'OPTIONS']) t.equal(verdict(method, api, `/${api}/x`), undefined)
    for (const method of ['PUT', 'PATCH', 'DELETE', 'QUERY', 'PROPFIND', 'get', 'LINK'])
      t.equal(verdict(method, api, '/v2/users/search'), 'read-only', method)
  }
})

t.test('the APIs of version 1 search, the others have no POST that only reads', async (t) => {
  for (const [api, path, reads] of [
    ['v1', '/v1/process-definitions/search', true],
    ['v1', '/v1/tasks/1/variables/search', true],
    ['v1', '/v1/tasks/1/variables', false],
    ['v1', '/v1/external/process/search/start', false],
    ['v1', '/v1/forms/1/search', false],
    ['operate', '/operate/v1/flownode-instances/search', true],
    ['operate', '/operate/v1/process-instances/1', false],
    ['operate', '/v1/flownode-instances/search', false],
    ['tasklist', '/tasklist/v1/tasks/search', true],
    ['tasklist', '/tasklist/v1/tasks/1/variables/search', true],
    ['tasklist', '/tasklist/v1/tasks/1/variables', false],
    ['optimize', '/optimize/api/public/export/report/definition/json', false],
    ['optimize', '/optimize/api/search', false],
    ['administration', '/administration/clusters/search', false],
    ['mcp', '/mcp', false],
    ['mcp', '/mcp/search', false],
    ['physical-tenants', '/physical-tenants/search/v2/jobs', false],
    ['physical-tenants', '/physical-tenants/statistics/v2/jobs/activation', false],
  ] as const)
    t.equal(verdict('POST', api, path), reads ? undefined : 'read-only', path)
})

t.test('a path that somebody else could read as another is no search', async (t) => {
  for (const path of [
    '/v2/process-instances/search/',
    '/v2/process-instances//search',
    '/v2//search',
    '/v2/process-instances%2Fsearch',
    '/v2/process-instances/search;x',
    '/v2/process-instances/Search',
    '/v2/process-instances/%2573earch',
    '/v2/process-instances?x=/search',
    '/v2/a/b/search',
    '/v2/search',
    '/search',
  ])
    t.equal(verdict('POST', 'v2', path), 'read-only', path)
  t.equal(verdict('POST', 'v2', '/v2/process-instances/search?x=/../y'), undefined, 'a query does not matter')
  t.equal(verdict('POST', 'v2', '/v2/process-instances/%73earch'), undefined, 'nor does an encoding')
})
