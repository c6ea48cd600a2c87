import t from 'tap'
import { demo } from './demo.ts'

const strangers = [
  'GET /v2/no-such-thing',
  'GET /topology',
  'DELETE /v2/topology',
  'GET /v2/documents/a/b',
  'GET /v2/documents/%ff',
]

for (const stranger of strangers) {
  t.test(stranger, async (t) => {
    const { cluster, headers } = await demo(t)
    const [method = '', path] = stranger.split(' ')
    const response = await fetch(cluster.url + path, { method, headers })
    t.equal(response.status, 404)
    t.match(await response.json(), { type: 'about:blank', title: 'Not Found', instance: path })
  })
}

t.test('nothing outside the base path', async (t) => {
  const { cluster, headers } = await demo(t, { basePath: '/demo-cluster' })
  t.equal((await fetch(new URL('/v2/topology', cluster.url), { headers })).status, 404)
  t.equal((await fetch(`${cluster.url}-2/v2/topology`, { headers })).status, 404)
})
