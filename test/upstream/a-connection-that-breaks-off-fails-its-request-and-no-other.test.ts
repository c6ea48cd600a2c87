import type { Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { http1Lab, http1LabOn } from '../helpers/http1-lab.ts'
import { Wire } from '../helpers/wire.ts'

const BEGUN: Record<string, string> = {
  nothing: '',
  'half a status line': 'HTTP/1.1 2',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-Len',
  'an interim answer': 'HTTP/1.1 100 Continue\r\n\r\n',
  'half a body with a length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
  'half a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhalf',
  'all chunks but the last': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  'half a trailer': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nA: b\r\n',
}
const LEAVES: Record<string, (socket: Socket) => void> = {
  'is closed': (socket) => socket.end(),
  'is reset': (socket) => setImmediate(() => socket.resetAndDestroy()),
}

/** Each connection but the first answers well. */
function serverThat(first: (socket: Socket) => void) {
  let connections = 0
  return rawServer((socket) => {
    const isFirst = connections++ === 0
    socket.once('data', () => {
      if (isFirst) first(socket)
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
    })
  })
}

for (const [how, leave] of Object.entries(LEAVES)) {
  t.test(`a connection that ${how}, after each part of an answer`, async (t) => {
    for (const [what, bytes] of Object.entries(BEGUN)) {
      const server = await serverThat((socket) => socket.write(bytes, () => leave(socket)))
      t.teardown(() => server.close())
      const { call } = http1LabOn(t, server.url)
      const broken = await call().over
      t.equal(broken.steps.at(-1), 'error', what)
      t.notOk(broken.steps.includes('end'), what)
      t.match(broken.error?.code, /^(ANSWER_CUT_OFF|ECONNRESET)$/, what)
      t.match(await call().over, { status: 200, body: 'whole' }, `${what}: the next one is served`)
    }
  })
}

t.test(
  'an answer that only the end of its connection ends is whole with an end, and not with a reset',
  async (t) => {
    for (const [leave, step] of [
      [LEAVES['is closed'], 'end'],
      [LEAVES['is reset'], 'error'],
    ] as const) {
      const bytes = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf'
      const server = await serverThat((socket) => socket.write(bytes, () => leave?.(socket)))
      t.teardown(() => server.close())
      const { call } = http1LabOn(t, server.url)
      const { steps, body } = await call().over
      t.equal(steps.at(-1), step)
      t.equal(body, 'half')
    }
  },
)

t.test('while the answer is held back: what has come is told first', async (t) => {
  for (const [how, leave] of Object.entries(LEAVES)) {
    const bytes = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n'
    const server = await serverThat((socket) => socket.write(bytes, () => leave(socket)))
    t.teardown(() => server.close())
    const { call } = http1LabOn(t, server.url)
    const held = call({
      on: {
        onResponseStart(controller) {
          controller.pause()
          setImmediate(() => controller.resume())
        },
      },
    })
    t.match(await held.over, { steps: ['start', 'head', 'error'] }, how)
  }
})

t.test('while a request is sent', async (t) => {
  for (const [how, leave] of Object.entries(LEAVES)) {
    const server = await serverThat((socket) => leave(socket))
    t.teardown(() => server.close())
    const { call } = http1LabOn(t, server.url)
    const body = new PassThrough()
    body.write('half')
    t.match(await call({ method: 'POST', body }).over, { steps: ['start', 'error'] }, how)
    t.ok(body.destroyed, 'nobody reads the rest')
    t.match(await call().over, { body: 'whole' })
  }
})

t.test('before a request is sent', async (t) => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const throws = http1Lab(t, () => {
    throw refused
  })
  t.match(await throws.call().over, { steps: ['error'], error: refused })
  const fails = http1Lab(t, (_options, callback) => callback(refused, null))
  t.match(await fails.call().over, { steps: ['error'], error: refused })
  const gone = new Wire()
  gone.destroy()
  const dead = http1Lab(t, (_options, callback) => callback(null, gone.asSocket))
  t.match(await dead.call().over, { steps: ['error'] })
})

t.test('a server that has spoken before it was asked gets no request', async (t) => {
  const wire = new Wire()
  wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged')
  const { call } = http1Lab(t, (_options, callback) => callback(null, wire.asSocket))
  t.match(await call().over, { steps: ['error'], error: { code: 'ANSWER_MALFORMED' } })
  t.equal(wire.sent, '')
  t.ok(wire.destroyed)
})
