import t from 'tap'
import { client, demo } from './demo.ts'

t.test('topology, below a base path', async (t) => {
  const { cluster, headers } = await demo(t, { basePath: '/demo-cluster' })
  const response = await fetch(`${cluster.url}/v2/topology`, { headers })

  t.match(cluster.url, /\/demo-cluster$/)
  t.equal(response.status, 200)
  t.match(await response.json(), { gatewayVersion: /^8\.8/, brokers: [{ nodeId: 0 }] })
  t.equal(cluster.requests(), 1)
})

t.test('the caller is named', async (t) => {
  const { cluster, headers } = await demo(t)
  const response = await fetch(`${cluster.url}/v2/authentication/me`, { headers })
  t.match(await response.json(), { username: client.clientId })
})

for (const path of ['process-definitions/search', 'user-tasks/search', 'user-task/search']) {
  t.test(path, async (t) => {
    const { cluster, headers } = await demo(t)
    const response = await fetch(`${cluster.url}/v2/${path}`, { method: 'POST', headers, body: '{}' })
    t.equal(response.status, 200)
    t.match(await response.json(), {
      items: [{ processDefinitionId: 'order-process' }],
      page: { totalItems: 1 },
    })
  })
}
