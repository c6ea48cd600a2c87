import t from 'tap'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'

const CHUNK = Buffer.alloc(256 * 1024)
/** What two pairs of sockets and a few stream buffers can hold at the very most. */
const ROOM = 64 * 1024 * 1024
const STEADY_LOOKS = 40

t.test('a caller that does not read, then does; and a cluster that does not read', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  let written = 0
  const cluster = await streamingCluster((request, response) => {
    if (request.method === 'POST') return
    const more = () => {
      while (written < 4 * ROOM && response.write(CHUNK)) written += CHUNK.length
      if (written >= 4 * ROOM) response.end()
    }
    response.on('drain', () => {
      written += CHUNK.length
      more()
    })
    more()
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })

  const reader = await openSocket(proxy.port)
  reader.pause()
  reader.write(requestHead('GET', '/v2/large', ['Connection: close']))
  await steady(() => written)
  t.ok(written < ROOM, `the cluster was held back after ${written} bytes`)
  let read = 0
  reader.on('data', (chunk: Buffer) => {
    read += chunk.length
  })
  const ended = new Promise((resolve) => reader.once('close', resolve))
  reader.resume()
  await ended
  t.ok(read > 4 * ROOM, 'and all of it came in the end')

  const writer = await openSocket(proxy.port)
  writer.write(requestHead('POST', '/v2/large', ['Transfer-Encoding: chunked']))
  const chunk = Buffer.concat([Buffer.from(`${CHUNK.length.toString(16)}\r\n`), CHUNK, Buffer.from('\r\n')])
  let sent = 0
  const more = () => {
    while (sent < 4 * ROOM && writer.write(chunk)) sent += chunk.length
  }
  writer.on('drain', more)
  more()
  await steady(() => sent)
  t.ok(sent < ROOM, `the caller was held back after ${sent} bytes`)
  writer.destroy()
})

/** Waits until a number has begun to grow and has stopped growing. */
async function steady(value: () => number): Promise<void> {
  let last = -1
  let looks = 0
  await until(() => {
    looks = value() === last && last > 0 ? looks + 1 : 0
    last = value()
    return looks >= STEADY_LOOKS
  }, 'the flow has stopped')
}
