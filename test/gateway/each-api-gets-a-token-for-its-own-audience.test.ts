import t from 'tap'
import { clientsOf, cluster, idp } from '../helpers/clusters.ts'
import { runProxy } from '../helpers/proxy.ts'

const NAMED = ['operate', 'tasklist', 'optimize', 'administration'] as const
const PATHS = {
  operate: '/operate/v1/x',
  tasklist: '/tasklist/v1/x',
  optimize: '/optimize/api/x',
  administration: '/administration/x',
}

t.test('each goes to its own address, with its own audience; the others share that of /v2', async (t) => {
  const [provider, main, own] = [await idp(t), await cluster(t), await cluster(t)]
  const settings = NAMED.flatMap((api) => [
    `${api}Address: ${own.url}/at-${api}`,
    `${api}Audience: for-${api}`,
  ])
  const config = `
${settings.join('\n')}
tokenAudience: for-v2
administrationClientId: organization
administrationClientSecret: s
apis: [v1, cluster, physical-tenants, mcp, ${NAMED.join(', ')}]
`
  const proxy = await runProxy(t, { config, clusterUrl: main.url, tokenUrl: provider.tokenUrl })
  const shared = ['/v2/x', '/v1/x', '/cluster/v2/x', '/physical-tenants/a/v2/x', '/mcp']
  for (const path of shared) t.equal((await fetch(proxy.url + path)).status, 200, path)
  for (const api of NAMED) t.equal((await fetch(proxy.url + PATHS[api])).status, 200, api)
  t.strictSame(
    main.seen.map(({ url }) => url),
    shared,
  )
  t.strictSame(new Set(clientsOf(main)), new Set(['test-client/for-v2']))
  t.strictSame(
    own.seen.map(({ url }) => url),
    ['/at-operate/v1/x', '/at-tasklist/v1/x', '/at-optimize/api/x', '/at-administration/x'],
  )
  t.strictSame(clientsOf(own), [
    'test-client/for-operate',
    'test-client/for-tasklist',
    'test-client/for-optimize',
    'organization/for-administration',
  ])
  t.equal(provider.requests.length, 5, 'one token for each audience')
})

t.test('what was not opted into is told by the name of the setting', async (t) => {
  const [provider, main] = [await idp(t), await cluster(t)]
  const proxy = await runProxy(t, { clusterUrl: main.url, tokenUrl: provider.tokenUrl })
  const paths = { ...PATHS, v1: '/v1/x', cluster: '/cluster/v2/x', mcp: '/mcp' }
  for (const [api, path] of Object.entries({ ...paths, 'physical-tenants': '/physical-tenants/a/v2/x' })) {
    const answer = await fetch(proxy.url + path)
    t.equal(answer.status, 404, api)
    t.match(await answer.json(), {
      type: 'urn:camunda-auth-proxy:problem:path-not-allowed',
      detail: new RegExp(`the setting apis names ${api}\\.$`),
    })
  }
  t.equal(main.begun(), 0)
})
