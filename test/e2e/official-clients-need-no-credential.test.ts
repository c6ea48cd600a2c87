import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import createCamundaClient from '@camunda8/orchestration-cluster-api'
import { Camunda8 } from '@camunda8/sdk'
import t from 'tap'
import { runProgram } from '../helpers/program.ts'

const DOCUMENT = Buffer.from([0, 1, 2, 253, 254, 255, 10, 13])

t.test('@camunda8/orchestration-cluster-api', async (t) => {
  const program = runProgram(t, ['demo', '--port', '0', '--admin-port', '0'])
  const { listening } = await program.line('listening on')
  const config = {
    CAMUNDA_REST_ADDRESS: String(listening),
    CAMUNDA_AUTH_STRATEGY: 'NONE',
    CAMUNDA_SDK_VALIDATION: 'req:none,res:none',
  }
  const client = createCamundaClient({ config: config as never })
  const topology = await client.getTopology()
  t.equal(topology.clusterSize, 1)
  const found = await client.searchProcessDefinitions({}, { consistency: { waitUpToMs: 0 } })
  t.ok(Array.isArray(found.items))
  const created = await client.createDocument({ file: new File([DOCUMENT], 'a.bin') })
  t.type(created.documentId, 'string')
  const contentHash = created.contentHash ?? ''
  const back = (await client.getDocument({ documentId: created.documentId, contentHash })) as unknown
  const bytes = Buffer.from(back instanceof Blob ? await back.arrayBuffer() : (back as ArrayBuffer))
  t.ok(bytes.equals(DOCUMENT), 'a document goes up and comes down')
})

t.test(
  '@camunda8/sdk, with an address as it should be, and with the slash and the /v2 that it doubles',
  async (t) => {
    const program = runProgram(t, ['demo', '--port', '0', '--admin-port', '0'])
    const { listening } = await program.line('listening on')
    for (const suffix of ['', '/', '/v2']) {
      const sdk = new Camunda8({
        ZEEBE_REST_ADDRESS: `${listening}${suffix}`,
        CAMUNDA_AUTH_STRATEGY: 'NONE',
        CAMUNDA_LOG_LEVEL: 'none',
      })
      const client = sdk.getCamundaRestClient()
      t.equal((await client.getTopology()).clusterSize, 1, `topology at …${suffix}`)
      t.ok(Array.isArray((await client.searchProcessDefinitions({ filter: {} })).items))
      const file = createReadStream(join(t.testdir({ 'a.bin': DOCUMENT }), 'a.bin'))
      const metadata = { fileName: 'a.bin', contentType: 'application/octet-stream' }
      const { documentId, contentHash } = await client.uploadDocument({ file, metadata })
      t.same(await client.downloadDocument({ documentId, contentHash }), DOCUMENT)
    }
  },
)
