import { createCamundaClient } from '@camunda8/orchestration-cluster-api'
import t, { type Test } from 'tap'
import { client, cluster, identityProvider } from './demo.ts'

const now = { consistency: { waitUpToMs: 0 } }

/** Camunda's client as it is used without a proxy: it gets its own tokens. */
async function officialClient(t: Test, validation: string) {
  const provider = await identityProvider(t)
  const { url } = await cluster(t, provider, { basePath: '/demo-cluster' })
  return createCamundaClient({
    config: {
      CAMUNDA_REST_ADDRESS: url,
      CAMUNDA_AUTH_STRATEGY: 'OAUTH',
      CAMUNDA_CLIENT_ID: client.clientId,
      CAMUNDA_CLIENT_SECRET: client.clientSecret,
      CAMUNDA_OAUTH_URL: provider.tokenUrl,
      CAMUNDA_TOKEN_AUDIENCE: client.audience,
      CAMUNDA_SDK_VALIDATION: validation,
    },
  })
}

t.test('the answers pass the strictest validation that the client has', async (t) => {
  const camunda = await officialClient(t, 'req:none,res:fanatical')

  t.match(await camunda.getTopology(), { clusterSize: 1 })
  t.match(await camunda.getAuthentication(), { username: client.clientId })
  t.match(await camunda.searchProcessDefinitions({}, now), { items: [{ name: 'Order process' }] })
  t.match(await camunda.searchUserTasks({}, now), { items: [{ name: 'Approve order' }] })
  const poll = { type: 'pay', timeout: 1_000, maxJobsToActivate: 1, requestTimeout: -1 }
  t.same(await camunda.activateJobs(poll), { jobs: [] })

  const file = new File(['letter'], 'letter.txt', { type: 'text/plain' })
  const { documentId } = await camunda.createDocument({ file, metadata: { fileName: 'letter.txt' } })
  await camunda.deleteDocument({ documentId })
})

// Not validated: the client's own schema takes every document for a string.
t.test('a document goes up and comes down', async (t) => {
  const camunda = await officialClient(t, 'none')
  const bytes = new Uint8Array([0, 255, 13, 10])
  const { documentId } = await camunda.createDocument({ file: new File([bytes], 'bytes.bin') })
  const document = await camunda.getDocument({ documentId })
  t.same(new Uint8Array(await document.arrayBuffer()), bytes)
})
