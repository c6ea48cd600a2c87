import t from 'tap'
import { fetch } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { certificateAuthority } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { http2Lab } from '../helpers/http2-lab.ts'
import { tlsServer } from '../helpers/tls-server.ts'

t.test('a server of both is spoken to in HTTP/2, if it is switched on', async (t) => {
  for (const http2 of [true, false]) {
    let streams = 0
    const lab = await http2Lab(
      t,
      (stream) => {
        streams++
        if (stream.headersSent) return
        stream.respond({ ':status': 200 })
        stream.end('2')
      },
      { allowHTTP1: true, http2, older: (response) => response.end('1.1') },
    )
    for (let i = 0; i < 3; i++)
      t.equal(await globalThis.fetch(`${lab.url}/v2/x`).then((a) => a.text()), http2 ? '2' : '1.1')
    t.equal(streams, http2 ? 3 : 0)
    t.equal(lab.sessions.length, http2 ? 1 : 0)
  }
})

t.test('a server of HTTP/2 alone is out of reach if it is off', async (t) => {
  const lab = await http2Lab(t, () => {}, { http2: false })
  t.equal((await globalThis.fetch(`${lab.url}/v2/x`)).status, 502)
})

t.test('a server of HTTP/1.1 alone is spoken to in that, and so is one without TLS', async (t) => {
  const authority = certificateAuthority()
  const server = await tlsServer(t, authority.server())
  const settings = connection({ ca: Secret.ofValue(authority.cert), http2: true })
  const dispatcher = clusterDispatcher(settings, notes())
  t.teardown(() => dispatcher.destroy())
  const statuses: unknown[] = []
  for (let i = 0; i < 3; i++) {
    await new Promise<void>((resolve) =>
      dispatcher.dispatch(
        { origin: server.origin, path: '/', method: 'GET' },
        {
          onRequestStart() {},
          onResponseStart: (_controller, status) => statuses.push(status),
          onResponseEnd: () => resolve(),
          onResponseError: (_controller, error) => {
            statuses.push(error)
            resolve()
          },
        },
      ),
    )
  }
  t.strictSame(statuses, [200, 200, 200])
  t.equal((await fetch(server.origin, { dispatcher })).status, 200, 'and undici can fetch through it')
})

t.test('a server that nobody knows gets nothing over HTTP/2 either', async (t) => {
  const strange = certificateAuthority('another')
  const server = await tlsServer(t, strange.server())
  const dispatcher = clusterDispatcher(connection({ http2: true }), notes())
  t.teardown(() => dispatcher.destroy())
  const error = await new Promise((resolve) =>
    dispatcher.dispatch(
      { origin: server.origin, path: '/', method: 'GET' },
      { onRequestStart() {}, onResponseStart: resolve, onResponseError: (_c, thrown) => resolve(thrown) },
    ),
  )
  t.match(error, { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
  t.strictSame(server.clients, [])
})
