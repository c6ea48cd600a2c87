// Node does not count a connection as idle that has never carried a request: one that a client opened ahead of need
// would keep a closing server waiting.
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { openSocket, rawRequest, requestHead } from '../helpers/raw-http.ts'

t.test('an unused connection, and one that has had its answer', async (t) => {
  const { proxy } = await setUp(t, { drainMs: 60_000 })
  const unused = await openSocket(proxy.port)
  const kept = await openSocket(proxy.port)
  kept.write(requestHead('GET', '/v2/topology'))
  await new Promise((resolve) => kept.once('data', resolve))
  t.equal((await rawRequest(proxy.port, requestHead('GET', '/v2/topology'))).status, 200)
  const ends = Promise.all(
    [unused, kept].map((socket) => new Promise((resolve) => socket.once('close', resolve))),
  )
  await proxy.app.close()
  await ends
  t.pass('both were closed long before the limit')
})
