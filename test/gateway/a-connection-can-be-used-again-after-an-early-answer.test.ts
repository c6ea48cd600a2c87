// Node stops reading a connection whose request body is not taken; whoever lets a body lie has to let it flow, or the
// next request on the connection is never read.
import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

t.test('whatever the size of the body that nobody read, and whoever answered', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await streamingCluster((_request, response) => {
    response.writeHead(409, { 'content-length': 5 })
    response.end('early')
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  for (const target of ['/v2/early', '/elsewhere']) {
    const socket = await openSocket(proxy.port)
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    let answers = 0
    for (const size of [1, 1_000, 70_000, 300_000, 2_000_000, 0]) {
      socket.write(requestHead('POST', target, [`Content-Length: ${size}`]))
      socket.write(Buffer.alloc(size))
      answers++
      await until(() => text.split('HTTP/1.1 4').length === answers + 1, `answer ${answers} to ${size} bytes`)
    }
    t.equal(text.split('HTTP/1.1 4').length - 1, 6, `${target}: six answers on one connection`)
    socket.destroy()
  }
})
