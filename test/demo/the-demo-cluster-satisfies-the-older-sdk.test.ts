import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Camunda8 } from '@camunda8/sdk'
import t from 'tap'
import { client, cluster, identityProvider } from './demo.ts'

t.test('its REST client gets its own tokens and understands the answers', async (t) => {
  const provider = await identityProvider(t)
  const { url } = await cluster(t, provider)
  const camunda = new Camunda8({
    ZEEBE_REST_ADDRESS: url,
    CAMUNDA_AUTH_STRATEGY: 'OAUTH',
    ZEEBE_CLIENT_ID: client.clientId,
    ZEEBE_CLIENT_SECRET: client.clientSecret,
    CAMUNDA_OAUTH_URL: provider.tokenUrl,
    ZEEBE_TOKEN_AUDIENCE: client.audience,
    CAMUNDA_TOKEN_DISK_CACHE_DISABLE: true,
    CAMUNDA_LOG_LEVEL: 'none',
  }).getCamundaRestClient()

  t.match(await camunda.getTopology(), { clusterSize: 1 })
  const filter = { filter: {} }
  t.match(await camunda.searchProcessDefinitions(filter), { items: [{ name: 'Order process' }] })
  t.match(await camunda.searchUserTasks(filter), { items: [{ name: 'Approve order' }] })

  const metadata = { fileName: 'bytes.bin', contentType: 'application/octet-stream' }
  const bytes = Buffer.from([0, 255, 13, 10])
  const file = createReadStream(join(t.testdir({ 'bytes.bin': bytes }), 'bytes.bin'))
  const { documentId, contentHash } = await camunda.uploadDocument({ file, metadata })
  t.same(await camunda.downloadDocument({ documentId, contentHash }), bytes)
})
