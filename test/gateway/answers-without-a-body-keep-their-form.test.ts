import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, rawRequest, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const answers: Record<string, string> = {
  '/v2/204': 'HTTP/1.1 204 No Content\r\n\r\n',
  '/v2/304': 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
  '/v2/head': 'HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n',
  '/v2/hints': 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  '/v2/until-close': 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end',
  '/v2/redirect': 'HTTP/1.1 302 Found\r\nLocation: LOCATION\r\nContent-Length: 0\r\n\r\n',
}

t.test('204, 304, HEAD, early hints and an answer that ends with its connection', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await rawServer((socket) =>
    socket.on('data', (chunk) => {
      const answer = answers[String(chunk).split(' ')[1] ?? ''] ?? ''
      socket.write(answer)
      if (answer.includes('close')) socket.end()
    }),
  )
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const call = async (method: string, target: string) => {
    const socket = await openSocket(proxy.port)
    let text = ''
    socket.on('data', (chunk) => {
      text += String(chunk)
    })
    socket.write(requestHead(method, target, ['Connection: close']))
    await new Promise((resolve) => socket.once('close', resolve))
    return text
  }
  t.match(await call('GET', '/v2/204'), /^HTTP\/1\.1 204 No Content\r\n.*\r\n\r\n$/s)
  t.match(await call('GET', '/v2/304'), /^HTTP\/1\.1 304 Not Modified\r\nETag: "x"\r\n.*\r\n\r\n$/s)
  t.match(await call('HEAD', '/v2/head'), /^HTTP\/1\.1 200 OK\r\nContent-Length: 12345\r\n.*\r\n\r\n$/s)
  t.match(await call('GET', '/v2/hints'), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\nok$/s, 'no 1xx is passed on')
  t.match(await call('GET', '/v2/until-close'), /until the end\r\n0\r\n\r\n$/, 'its end is marked')
})

t.test(
  'a redirect within the API stays with the proxy and is not followed; others pass as they are',
  async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    let location = ''
    const cluster = await rawServer((socket) =>
      socket.on('data', () => socket.write((answers['/v2/redirect'] ?? '').replace('LOCATION', location))),
    )
    t.teardown(() => cluster.close())
    const proxy = await runProxy(t, { clusterUrl: `${cluster.url}/ID`, tokenUrl: idp.tokenUrl })
    for (const [given, expected] of [
      ['/ID/v2/x?y#z', '/v2/x?y#z'],
      [`${cluster.url}/ID/v2`, '/v2'],
      ['/ID/v2x', '/ID/v2x'],
      ['https://elsewhere.example/ID/v2/x', 'https://elsewhere.example/ID/v2/x'],
      ['/login', '/login'],
    ] as const) {
      location = given
      const answer = await rawRequest(proxy.port, requestHead('GET', '/v2/redirect'))
      t.equal(answer.status, 302)
      t.equal(answer.header('location'), expected)
    }
  },
)

t.test('a head goes out before its body has begun', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  let finish = () => {}
  const cluster = await rawServer((socket) =>
    socket.on('data', () => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n')
      finish = () => socket.write('5\r\nevent\r\n0\r\n\r\n')
    }),
  )
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = await openSocket(proxy.port)
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.write(requestHead('GET', '/v2/x'))
  await until(() => text.includes('text/event-stream'), 'the head has come')
  finish()
  await until(() => text.endsWith('0\r\n\r\n'), 'the body has come')
  socket.destroy()
})
