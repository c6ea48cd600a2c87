import t, { type Test } from 'tap'
import { buildConnector, type Dispatcher } from 'undici'
import { Http1Dispatcher } from '../../src/upstream/http1.ts'
import { Http2Dispatcher } from '../../src/upstream/http2.ts'
import { ask, CountingKeeper } from '../helpers/authenticate-lab.ts'
import { authority, identity } from '../helpers/http2-lab.ts'
import { rawHttp2 } from '../helpers/raw-http2.ts'
import { tlsServer } from '../helpers/tls-server.ts'
import { until } from '../helpers/until.ts'

/** As certificates are renewed: the connections of before are closed, and others made. */
async function lab(t: Test, port: number) {
  let connect = () => {}
  let asked = 0
  const real = buildConnector({ allowH2: true, ca: authority.cert, timeout: 5_000 })
  const slow: buildConnector.connector = (options, callback) => {
    asked++
    connect = () => real(options, callback)
  }
  const http1 = new Http1Dispatcher(real, () => {
    throw new Error('nobody asks for it')
  })
  const dispatcher = new Http2Dispatcher(slow, http1)
  t.teardown(() => dispatcher.destroy())
  const get = () => ask(dispatcher, new CountingKeeper(), { origin: `https://localhost:${port}` })
  const first = get()
  await until(() => asked === 1, 'it is connected to')
  return { dispatcher: dispatcher as Dispatcher, first, get, connect: () => connect() }
}

async function newer(t: Test): Promise<number> {
  const { port } = await rawHttp2(t, identity, (stream) => {
    stream.head()
    stream.data('whole', true)
  })
  return port
}

const older = async (t: Test) =>
  (await tlsServer(t, identity, (_request, response) => response.end('whole'))).port

for (const [server, start] of Object.entries({ 'HTTP/2': newer, 'HTTP/1.1': older })) {
  t.test(`to a server of ${server}`, async (t) => {
    const { dispatcher, first, get, connect } = await lab(t, await start(t))
    const closed = dispatcher.close()
    t.match((await get().over).error, { code: 'draining' }, 'a later one is not taken')
    connect()
    t.match(await first.over, { status: 200, body: 'whole' })
    await closed
  })
}

t.test('but not once all is to end at once', async (t) => {
  const { dispatcher, first, connect } = await lab(t, await newer(t))
  await dispatcher.destroy()
  connect()
  t.match((await first.over).error, { code: 'draining' })
})
