import t from 'tap'
import { demo } from './demo.ts'

function form(file: Blob | string, metadata?: string): FormData {
  const form = new FormData()
  form.append('file', file)
  if (metadata !== undefined) form.append('metadata', metadata)
  return form
}

const bodies: [string, number, () => string | FormData][] = [
  ['no form', 400, () => 'plain text'],
  ['no file', 400, () => form('text')],
  ['metadata that is not an object', 400, () => form(new Blob(['x']), '[]')],
  [
    'a content type that cannot stand in a header',
    400,
    () => form(new Blob(['x']), '{"contentType":"a\\r\\nb"}'),
  ],
  ['more than 16 MiB', 413, () => form(new Blob([new Uint8Array(16 * 1024 * 1024)]))],
]

for (const [name, status, body] of bodies) {
  t.test(name, async (t) => {
    const { cluster, headers } = await demo(t)
    const response = await fetch(`${cluster.url}/v2/documents`, { method: 'POST', headers, body: body() })
    t.equal(response.status, status)
    t.equal(response.headers.get('content-type'), 'application/problem+json')
  })
}

t.test('an id that is taken', async (t) => {
  const { cluster, headers } = await demo(t)
  const upload = () =>
    fetch(`${cluster.url}/v2/documents?documentId=mine`, {
      method: 'POST',
      headers,
      body: form(new Blob(['x'])),
    })
  t.equal((await upload()).status, 201)
  t.equal((await upload()).status, 409)
})
