import { request as httpRequest } from 'node:http'
import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

t.test('long polls, reads and uploads whose callers leave', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    if (request.method === 'GET') response.writeHead(200).write('the first half')
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })

  for (const method of ['POST', 'GET']) {
    const before = cluster.begun()
    const calls = Array.from({ length: 20 }, () => {
      const call = httpRequest(`${proxy.url}/v2/jobs/activation`, { method, agent: false })
      call.on('error', () => {})
      call.end(method === 'POST' ? '{}' : undefined)
      return call
    })
    await until(() => cluster.begun() === before + 20, `20 of ${method} have begun`)
    t.equal(cluster.open(), 20)
    for (const call of calls) call.destroy()
    await until(() => cluster.open() === 0, `every ${method} upstream has ended`)
    t.equal(cluster.open(), 0, `no ${method} is left open`)
  }

  const before = cluster.begun()
  const socket = await openSocket(proxy.port)
  socket.write(`${requestHead('POST', '/v2/documents', ['Content-Length: 1000000'])}only the beginning`)
  await until(() => cluster.begun() === before + 1, 'the upload has begun')
  socket.destroy()
  await until(() => cluster.open() === 0, 'the upload has ended')
  t.equal((await fetch(`${proxy.url}/v2/x`)).status, 200, 'and the proxy goes on')
})

t.test('a caller who leaves while a credential is awaited is not forwarded', async (t) => {
  const idp = await fakeIdp(() => {})
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((_request, response) => response.end())
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl, warm: false })
  const call = httpRequest(`${proxy.url}/v2/topology`, { agent: false })
  call.on('error', () => {})
  call.end()
  await until(() => idp.requests.length === 1, 'a token is asked for')
  call.destroy()
  idp.answerWith((_request, response) => response.end())
  await proxy.app.close()
  t.equal(cluster.begun(), 0)
})
