import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { http1Lab, http1LabOn, turn, wireLab } from '../helpers/http1-lab.ts'
import { until } from '../helpers/until.ts'
import { Wire } from '../helpers/wire.ts'

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const sized = (length: number) => ['content-length', String(length)]

/** A body that has been written to its end. */
function written(...chunks: string[]): PassThrough {
  const body = new PassThrough()
  for (const chunk of chunks) body.write(chunk)
  return body.end()
}

t.test('with a length, and without one', async (t) => {
  for (const [headers, expected] of [
    [sized(5), '\r\ncontent-length: 5\r\n\r\nwhole'],
    [[], '\r\ntransfer-encoding: chunked\r\n\r\n2\r\nwh\r\n3\r\nole\r\n0\r\n\r\n'],
  ] as const) {
    const { call, wires } = wireLab(t)
    const asked = call({ method: 'POST', headers: [...headers], body: written('wh', 'ole') })
    await until(() => wires[0]?.sent.endsWith(expected) === true, 'it has been sent')
    wires[0]?.receive(EMPTY)
    t.match(await asked.over, { steps: ['start', 'head', 'end'] })
    await turn()
    call({ path: '/next' })
    t.equal(wires.length, 1)
    t.match(wires[0]?.sent, /\/next/)
  }
})

t.test('an empty one, and a chunk of no bytes, which would be the last', async (t) => {
  const { call, wires } = wireLab(t)
  call({ method: 'POST', body: written() })
  call({ method: 'POST', headers: sized(0), body: written() })
  const body = new PassThrough()
  call({ method: 'POST', body })
  body.write('a')
  await turn()
  body.emit('data', Buffer.alloc(0))
  body.end('b')
  await until(() => wires[2]?.sent.endsWith('\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n') === true, 'it has been sent')
  t.ok(wires[0]?.sent.endsWith('transfer-encoding: chunked\r\n\r\n0\r\n\r\n'))
  t.ok(wires[1]?.sent.endsWith('content-length: 0\r\n\r\n'))
})

t.test('the head goes ahead of a body that is late', async (t) => {
  const { call, wires } = wireLab(t)
  const body = new PassThrough()
  call({ method: 'POST', headers: sized(4), body })
  await turn()
  await turn()
  t.match(wires[0]?.sent, /^POST .*content-length: 4\r\n\r\n$/s)
  body.end('late')
  await until(() => wires[0]?.sent.endsWith('late') === true, 'it has been sent')
})

t.test('one that breaks off ends its connection, and is never made to look whole', async (t) => {
  const failed = Object.assign(new Error('the caller left'), { code: 'ECONNRESET' })
  const cases: [string, string[], (body: PassThrough) => void, RegExp][] = [
    ['longer than it says', sized(4), (body) => body.end('longer'), /^REQUEST_BODY_BROKE_OFF$/],
    ['shorter than it says', sized(4), (body) => body.end('bc'), /^REQUEST_BODY_BROKE_OFF$/],
    ['fails', sized(4), (body) => body.destroy(failed), /^ECONNRESET$/],
    ['ends before its end', sized(4), (body) => body.destroy(), /^REQUEST_BODY_BROKE_OFF$/],
    ['fails, in chunks', [], (body) => body.destroy(failed), /^ECONNRESET$/],
    ['ends before its end, in chunks', [], (body) => body.destroy(), /^REQUEST_BODY_BROKE_OFF$/],
  ]
  for (const [what, headers, breakOff, code] of cases) {
    const { call, wires } = wireLab(t)
    const body = new PassThrough()
    const asked = call({ method: 'POST', headers, body })
    body.write('a')
    await turn()
    breakOff(body)
    const { steps, error } = await asked.over
    t.strictSame(steps, ['start', 'error'], what)
    t.match(error?.code, code, what)
    t.ok(wires[0]?.destroyed, what)
    t.ok(body.destroyed, what)
    t.notMatch(wires[0]?.sent, /longer|\r\n0\r\n/, what)
  }
})

t.test(
  'one that was over before its connection came: nothing is sent, and the connection serves the next',
  async (t) => {
    const failed = new Error('the caller left')
    for (const [end, error] of [
      [(body: PassThrough) => body.destroy(failed), { message: 'the caller left' }],
      [(body: PassThrough) => body.destroy(), { code: 'REQUEST_BODY_BROKE_OFF' }],
    ] as const) {
      const wire = new Wire()
      let connected = () => {}
      const { call } = http1Lab(t, (_options, callback) => {
        connected = () => callback(null, wire.asSocket)
      })
      const body = new PassThrough()
      const asked = call({ method: 'POST', headers: sized(4), body })
      end(body)
      await turn()
      connected()
      t.match(await asked.over, { steps: ['start', 'error'], error })
      t.equal(wire.sent, '')
      call({ path: '/next' })
      t.match(wire.sent, /^GET \/next /)
    }
  },
)

t.test('what is no stream of bytes is not taken for one', async (t) => {
  const { call, wires } = wireLab(t)
  const texts = new PassThrough().setEncoding('utf8')
  for (const body of [Readable.from(['a']), texts, 'text' as unknown as Readable])
    t.match(await call({ method: 'POST', body }).over, {
      steps: ['start', 'error'],
      error: { name: 'TypeError' },
    })
  t.equal(wires[0]?.sent, '')
})

t.test('no more of it is read than the server takes', async (t) => {
  let go = () => {}
  const server = await rawServer((socket) => {
    let seen = 0
    socket.pause()
    socket.on('data', (chunk) => {
      seen += chunk.length
      if (seen > SIZE) socket.end(EMPTY)
    })
    go = () => socket.resume()
  })
  t.teardown(() => server.close())
  const SIZE = 64 * 1024 * 1024
  let read = 0
  const body = new Readable({
    highWaterMark: 64 * 1024,
    read() {
      read += 64 * 1024
      this.push(Buffer.alloc(64 * 1024))
      if (read === SIZE) this.push(null)
    },
  })
  const { call } = http1LabOn(t, server.url)
  const asked = call({ method: 'POST', headers: sized(SIZE), body })
  let before = -1
  await until(() => {
    const isAtRest = read === before && read > 0
    before = read
    return isAtRest
  }, 'it is at rest')
  t.ok(read < SIZE / 2, `${read} bytes were read`)
  go()
  t.match(await asked.over, { status: 200 })
  t.equal(read, SIZE)
})
