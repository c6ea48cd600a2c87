import type { Socket } from 'node:net'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const HEAD = 'HTTP/1.1 200 OK\r\nX-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\n'

for (const [when, body] of [
  ['with the head', 'ok'],
  ['after it', ''],
] as const) {
  t.test(`the body comes ${when}`, async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const connections: Socket[] = []
    const cluster = await rawServer((socket) => {
      connections.push(socket)
      socket.once('data', () => socket.write(Buffer.from(HEAD + body, 'latin1')))
    })
    t.teardown(() => cluster.close())
    const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
    const caller = await openSocket(proxy.port)
    t.teardown(() => caller.destroy())
    let received = ''
    caller.on('data', (chunk) => {
      received += chunk.toString('latin1')
    })
    caller.write(requestHead('GET', '/v2/x'))
    await until(() => received.includes('\r\n\r\n'), 'the head has come')
    t.match(received, 'X-Latin: caf\xe9\r\n')
    if (body === '') connections.at(-1)?.write('ok')
    await until(() => received.endsWith('\r\n\r\nok'), 'and the body')
  })
}
