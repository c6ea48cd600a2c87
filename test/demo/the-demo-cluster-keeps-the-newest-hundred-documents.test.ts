import t from 'tap'
import { demo } from './demo.ts'

t.test('the oldest is dropped, though it was read last', async (t) => {
  const { cluster, headers } = await demo(t)
  const url = `${cluster.url}/v2/documents`
  const status = async (id: number) => (await fetch(`${url}/${id}`, { headers })).status
  async function upload(id: number) {
    const body = new FormData()
    body.append('file', new Blob([]))
    return fetch(`${url}?documentId=${id}`, { method: 'POST', headers, body })
  }

  for (let id = 0; id < 100; id += 1) await upload(id)
  t.equal(await status(0), 200)
  await upload(100)
  t.equal(await status(0), 404)
  t.equal(await status(1), 200)
  t.equal(await status(100), 200)
})
