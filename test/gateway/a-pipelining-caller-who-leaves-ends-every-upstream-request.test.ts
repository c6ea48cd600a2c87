// Node tells only the answer whose turn it is that its connection has closed, not those that wait behind it.
import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const CALLS = 30

t.test('thirty requests on one connection, none of them answered', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((request) => request.resume())
  t.teardown(() => cluster.close())
  const env = { CAMUNDA_PROXY_ACCESS_LOG: 'all' }
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, env })
  const socket = await openSocket(proxy.port)
  socket.write(requestHead('GET', '/v2/x').repeat(CALLS))
  await until(() => cluster.open() === CALLS, 'all of them are upstream')
  socket.destroy()
  await until(() => cluster.open() === 0, 'all of them have ended')
  t.equal(proxy.log().split('the caller left').length - 1, CALLS, 'each is logged once')
  t.strictSame(warnings, [], 'nothing is taken for a leak')
})

t.test('answers that wait their turn arrive in order, and leave nothing to end', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const answers: (() => void)[] = []
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    answers.push(() => response.end(request.url))
  })
  t.teardown(() => cluster.close())
  const env = { CAMUNDA_PROXY_ACCESS_LOG: 'all' }
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, env })
  const socket = await openSocket(proxy.port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.write(['/v2/1', '/v2/2', '/v2/3'].map((target) => requestHead('GET', target)).join(''))
  await until(() => answers.length === 3, 'all of them are upstream')
  for (const answer of answers.reverse()) answer()
  await until(() => text.includes('/v2/3'), 'all are answered')
  t.match(text, /\/v2\/1.*\/v2\/2.*\/v2\/3/s)
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.end()
  await closed
  t.notMatch(proxy.log(), 'the caller left')
})
