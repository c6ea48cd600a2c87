import { once } from 'node:events'
import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const MANY = 1_000

t.test('its connection ends, though an answer before it is awaited', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster(() => {})
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = await openSocket(proxy.port)
  socket.write(requestHead('GET', '/v2/awaited'))
  await until(() => cluster.open() === 1, 'it is at the cluster')
  socket.write(`${requestHead('POST', '/v2/x', ['Transfer-Encoding: gzip, chunked'])}0\r\n\r\n`)
  const closed = once(socket, 'close')
  socket.write(requestHead('GET', '/v2/behind').repeat(MANY))
  await closed
  await until(() => cluster.open() === 0, 'nobody waits for it any more')
  t.equal(cluster.begun(), 1, 'nothing of what followed was sent on')
})
