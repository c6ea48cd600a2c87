import { once } from 'node:events'
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

t.test('one who still waits for a credential when the time to shut down is over', async (t) => {
  const env = { CAMUNDA_PROXY_ACCESS_LOG: 'all' }
  const { proxy, idp } = await setUp(t, { idp: () => {}, env, warm: false, drainMs: 50 })
  const socket = await openSocket(proxy.port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const closed = once(socket, 'close')
  socket.write(requestHead('GET', '/v2/topology'))
  await until(() => idp.requests.length === 1, 'a token is asked for')
  await proxy.app.close()
  await closed
  t.equal(text, '', 'nothing was answered')
  t.notMatch(proxy.log(), 'answered by this proxy', 'and nothing else is claimed')
  t.match(proxy.log(), 'the caller left')
})
