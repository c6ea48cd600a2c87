import t from 'tap'
import { cluster, idp } from '../helpers/clusters.ts'
import { runProxy } from '../helpers/proxy.ts'

t.test('below the name of the cluster, and of the API', async (t) => {
  const { tokenUrl } = await idp(t)
  const target = await cluster(t, ({ headers }, response) =>
    response.writeHead(201, { location: String(headers['x-location']) }).end(),
  )
  const { url } = target
  const config = `
clientId: c
clientSecret: s
oauthUrl: ${tokenUrl}
restAddress: ${url}/base
clusters:
  far:
    restAddress: ${url}/base
    clientId: c
    clientSecret: s
    oauthUrl: ${tokenUrl}
    apis: [v1, mcp, operate, optimize, administration]
    operateAddress: ${url}/op
    optimizeAddress: ${url}
    administrationAddress: ${url}/console
`
  const proxy = await runProxy(t, { config })
  const far = '/clusters/far'
  for (const [path, location, seen] of [
    ['/v2/x', '/base/v2/y?z#f', '/v2/y?z#f'],
    ['/v2/x', `${url}/base/v2/y`, '/v2/y'],
    [`${far}/v2/x`, '/base/v2/y', `${far}/v2/y`],
    [`${far}/v2/x`, `${url}/base/v2/y`, `${far}/v2/y`],
    [`${far}/v2/x`, `${url}/base/mcp`, `${far}/mcp`],
    [`${far}/v2/x`, '/base/mcp#f', `${far}/mcp#f`],
    [`${far}/v2/x`, '/base/physical-tenants/one/v2/y', `${far}/physical-tenants/one/v2/y`],
    [`${far}/v1/x`, '/base/v1/y', `${far}/v1/y`],
    [`${far}/operate/v1/x`, '/op/v1/y', `${far}/operate/v1/y`],
    [`${far}/operate/v1/x`, `${url}/op/v1/y`, `${far}/operate/v1/y`],
    [`${far}/optimize/api/x`, '/api/y', `${far}/optimize/api/y`],
    [`${far}/administration/clusters`, `${url}/console/clusters/1`, `${far}/administration/clusters/1`],
    [`${far}/administration/clusters`, '/console/clusters/1', `${far}/administration/clusters/1`],
    // What leads elsewhere stays as it is.
    [`${far}/v2/x`, '/base/login', '/base/login'],
    [`${far}/v2/x`, '/bases/v2/y', '/bases/v2/y'],
    ['/v2/x', '/base//v2/y', '/base//v2/y'],
    [`${far}/v2/x`, 'https://elsewhere.example/base/v2/y', 'https://elsewhere.example/base/v2/y'],
    [`${far}/v2/x`, `${url}0/base/v2/y`, `${url}0/base/v2/y`],
    [`${far}/operate/v1/x`, '/op/v10/y', '/op/v10/y'],
    [`${far}/operate/v1/x`, '/op/api/y', '/op/api/y'],
    [`${far}/optimize/api/x`, '//elsewhere.example/api/y', '//elsewhere.example/api/y'],
    [`${far}/v2/x`, 'y', 'y'],
  ] as const) {
    const answer = await fetch(proxy.url + path, { headers: { 'x-location': location } })
    t.equal(answer.headers.get('location'), seen, `${path}: ${location}`)
  }
})
