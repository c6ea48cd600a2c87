import type { IncomingHttpHeaders } from 'node:http2'
import { Readable } from 'node:stream'
import type { Test } from 'tap'
import t from 'tap'
import { buildConnector } from 'undici'
import { Http1Dispatcher } from '../../src/upstream/http1.ts'
import { Http2Dispatcher } from '../../src/upstream/http2.ts'
import { ReplayBody } from '../../src/upstream/replay-body.ts'
import { ask, CountingKeeper } from '../helpers/authenticate-lab.ts'
import { turn, wireLab } from '../helpers/http1-lab.ts'
import { authority, http2Lab } from '../helpers/http2-lab.ts'
import { until } from '../helpers/until.ts'

const PLACES = 1_024
const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** A cluster whose every connection is busy, and whoever asks it. */
function busyLab(t: Test) {
  const lab = wireLab(t)
  for (let i = 0; i < PLACES; i++) lab.call()
  const [wire] = lab.wires
  t.ok(wire)
  const free = async () => {
    wire?.receive(EMPTY)
    await turn()
    await turn()
  }
  return { ...lab, wire, free, keeper: new CountingKeeper() }
}

t.test('another one has taken the place of that which it had', async (t) => {
  const { dispatcher, wire, free, keeper } = busyLab(t)
  const body = new ReplayBody(Readable.from([Buffer.from('whole')]), 1024)
  const told = ask(dispatcher, keeper, { method: 'POST', body })
  keeper.generation = 7
  await free()
  t.match(wire?.sent, /authorization: Bearer 7\r\n/)
  t.match(wire?.sent, /5\r\nwhole\r\n0\r\n\r\n$/)
  t.notMatch(wire?.sent, /Bearer 1/)
  await free()
  t.match(await told.over, { status: 200, ends: 1 })
})

t.test('it has expired, and the next one is waited for without holding the connection', async (t) => {
  const { dispatcher, wires, call, free, keeper } = busyLab(t)
  const told = ask(dispatcher, keeper, { path: '/late' })
  const other = call({ path: '/other' })
  keeper.isExpired = true
  await free()
  await free()
  t.match(await other.over, { status: 200 })
  wires[0]?.receive(EMPTY)
  t.match(await told.over, { status: 200, ends: 1 })
  const sent = wires.map((wire) => wire.sent).join('')
  t.match(sent, /\/late[\s\S]*authorization: Bearer 2\r\n/)
  t.notMatch(sent, /Bearer 1/)
})

t.test('and where there comes none, that is what its caller is told', async (t) => {
  const { dispatcher, wires, free, keeper } = busyLab(t)
  keeper.obtain = () => Promise.reject(new Error('none'))
  const told = ask(dispatcher, keeper, { path: '/late' })
  keeper.isExpired = true
  await free()
  t.match(await told.over, { ends: 1, error: { message: 'none' } })
  t.notMatch(wires.map((wire) => wire.sent).join(''), /late/)
})

t.test('what need not wait does not look for another', async (t) => {
  const { dispatcher, wires } = wireLab(t)
  const keeper = new CountingKeeper()
  let asked = 0
  const current = keeper.current.bind(keeper)
  keeper.current = () => {
    asked++
    return current()
  }
  const first = ask(dispatcher, keeper)
  wires[0]?.receive(EMPTY)
  await first.over
  const before = asked
  const told = ask(dispatcher, keeper)
  wires[0]?.receive(EMPTY)
  t.match(await told.over, { status: 200 })
  t.equal(asked, before + 1)
})

t.test('over HTTP/2 as well', async (t) => {
  const seen: IncomingHttpHeaders[] = []
  const { origin } = await http2Lab(t, (stream, headers) => {
    seen.push(headers)
    stream.respond({ ':status': 200 }, { endStream: true })
  })
  const real = buildConnector({ allowH2: true, ca: authority.cert, timeout: 5_000 })
  let connect = () => {}
  let connects = 0
  const slow: buildConnector.connector = (options, callback) => {
    connects++
    connect = () => real(options, callback)
  }
  const http1 = new Http1Dispatcher(real, () => {
    throw new Error('nobody asks for it')
  })
  const dispatcher = new Http2Dispatcher(slow, http1)
  t.teardown(() => dispatcher.destroy())
  const keeper = new CountingKeeper()
  const told = ask(dispatcher, keeper, { origin })
  await until(() => connects === 1, 'it is connected to')
  keeper.isExpired = true
  connect()
  t.match(await told.over, { status: 200, ends: 1 })
  t.match(seen, [{ authorization: 'Bearer 2' }])
  t.equal(seen.length, 1)
})
