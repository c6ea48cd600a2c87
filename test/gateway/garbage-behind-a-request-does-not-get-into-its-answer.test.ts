import t, { type Test } from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, rawRequest, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

async function streaming(t: Test, begin: boolean) {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((request, response) => {
    request.resume().on('error', () => {})
    if (begin) response.writeHead(200, { 'content-length': 30 }).write('0123456789')
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = await openSocket(proxy.port)
  const seen = { text: '' }
  socket.on('data', (chunk) => {
    seen.text += String(chunk)
  })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(requestHead('GET', '/v2/x'))
  return { cluster, proxy, socket, seen, closed }
}

t.test('an answer in progress breaks off, and the upstream request with it', async (t) => {
  const { cluster, socket, seen, closed } = await streaming(t, true)
  await until(() => seen.text.endsWith('0123456789'), 'the answer has begun')
  socket.write('garbage\r\n\r\n')
  await closed
  t.ok(seen.text.endsWith('0123456789'), 'nothing was added to it')
  await until(() => cluster.open() === 0, 'the upstream request has ended')
})

t.test('an answer that is still awaited is not taken for the garbage’s', async (t) => {
  const { cluster, socket, seen, closed } = await streaming(t, false)
  await until(() => cluster.begun() === 1, 'the request is upstream')
  socket.write('garbage\r\n\r\n')
  await closed
  t.equal(seen.text, '')
})

t.test('nor is garbage in the body of a request told within the answer before it', async (t) => {
  const { socket, seen, closed } = await streaming(t, true)
  await until(() => seen.text.endsWith('0123456789'), 'the answer has begun')
  socket.write(`${requestHead('POST', '/v2/x', ['Transfer-Encoding: chunked'])}zz\r\n`)
  await closed
  t.ok(seen.text.endsWith('0123456789'), 'nothing was added to it')
})

t.test('garbage in the body of a request is told', async (t) => {
  const { proxy } = await streaming(t, false)
  const chunked = requestHead('POST', '/v2/x', ['Transfer-Encoding: chunked'])
  const answer = await rawRequest(proxy.port, `${chunked}zz\r\n`)
  t.equal(answer.status, 400)
  t.match(answer.body, 'urn:camunda-auth-proxy:problem:bad-request')
})
