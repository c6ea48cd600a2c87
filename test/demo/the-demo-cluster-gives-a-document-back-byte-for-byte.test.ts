import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { demo } from './demo.ts'

t.test('upload, download, delete', async (t) => {
  const { cluster, headers } = await demo(t)
  const bytes = randomBytes(1024 * 1024)
  const contentHash = createHash('sha256').update(bytes).digest('hex')
  const body = new FormData()
  body.append('file', new Blob([bytes], { type: 'image/png' }), 'photo.png')
  body.append('metadata', JSON.stringify({ fileName: 'renamed.png', customProperties: { colour: 'red' } }))

  const created = await fetch(`${cluster.url}/v2/documents`, { method: 'POST', headers, body })
  const reference = (await created.json()) as { documentId: string }
  t.equal(created.status, 201)
  t.match(reference, {
    'camunda.document.type': 'camunda',
    storeId: 'in-memory',
    documentId: String,
    contentHash,
    metadata: {
      contentType: 'image/png',
      fileName: 'renamed.png',
      size: bytes.length,
      expiresAt: null,
      customProperties: { colour: 'red' },
    },
  })

  const url = `${cluster.url}/v2/documents/${reference.documentId}`
  const fetched = await fetch(`${url}?storeId=in-memory&contentHash=${contentHash}`, { headers })
  t.equal(fetched.status, 200)
  t.equal(fetched.headers.get('content-type'), 'image/png')
  t.ok(bytes.equals(Buffer.from(await fetched.arrayBuffer())))

  t.equal((await fetch(`${url}?contentHash=0`, { headers })).status, 400)
  t.equal((await fetch(url, { method: 'DELETE', headers })).status, 204)
  t.equal((await fetch(url, { headers })).status, 404)
})
