import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { addPeerGate, peerGate } from '../../src/gateway/peer-gate.ts'
import { type Ends, type ReadTable, rowKeys, uidFinder } from '../../src/gateway/peer-uid.ts'
import { writeProblem } from '../../src/gateway/problem.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { openSocket, rawRequest, requestHead } from '../helpers/raw-http.ts'

const ends = (remotePort: number): Ends => ({
  remoteAddress: '127.0.0.1',
  remotePort,
  localAddress: '127.0.0.1',
  localPort: 8_080,
})

/** The row of the caller's side in the table of IPv4. */
const row = (remotePort: number, uid: number) =>
  `   0: ${rowKeys(ends(remotePort))[1]} 01 00000000:00000000 00:00000000 00000000 ${uid} 0 4711 1\n`

/** A table whose readings are counted, and end when they are told to. */
function table(text: () => string) {
  const waiting: (() => void)[] = []
  let begun = 0
  const read: ReadTable = async function* (path) {
    if (path.endsWith('6')) return
    begun++
    const now = text()
    await new Promise<void>((resolve) => waiting.push(resolve))
    yield* now.match(/[\s\S]{1,7}/g) ?? []
  }
  return { read, begun: () => begun, end: () => waiting.shift()?.() }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('a reading at a time; who comes meanwhile shares the next', async (t) => {
  let rows = row(1, 1_001)
  const { read, begun, end } = table(() => rows)
  const find = uidFinder(read)
  const first = find(ends(1))
  await turn()
  rows = Array.from({ length: 1_000 }, (_, i) => row(i + 2, 2_000 + i)).join('')
  const others = Array.from({ length: 1_000 }, (_, i) => find(ends(i + 2)))
  await turn()
  t.equal(begun(), 1, 'what has begun may be too early for them')
  end()
  t.equal(await first, 1_001)
  await turn()
  t.equal(begun(), 2)
  end()
  t.strictSame(
    await Promise.all(others),
    others.map((_, i) => 2_000 + i),
  )
  t.equal(begun(), 2, 'one for the thousand')
})

t.test('not in the table, or no table to be read: nobody', async (t) => {
  const failing = (error: Error): ReadTable =>
    async function* () {
      yield row(1, 1_001)
      throw error
    }
  const find = uidFinder(failing(new Error('broken')))
  t.equal(await find(ends(1)), undefined, 'what was read of it does not count')
  t.equal(await find(ends(1)), undefined, 'and it is read again')
  t.equal(await uidFinder(async function* () {})(ends(1)), undefined)
  t.equal(await find({}), undefined, 'a connection that is gone has no ends')
})

t.test('a row that was skipped is found the second time, and nobody is looked for a third', async (t) => {
  let readings = 0
  const find = uidFinder(async function* (path) {
    if (!path.endsWith('6') && ++readings === 2) yield row(1, 1_001)
  })
  t.equal(await find(ends(1)), 1_001)
  t.equal(readings, 2)
  t.equal(await find(ends(1)), undefined)
  t.equal(readings, 4)
})

t.test('the real tables', { skip: process.platform !== 'linux' && 'needs Linux' }, async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const caller = await openSocket(port)
  const [socket] = await accepted
  socket.on('error', () => {})
  const find = uidFinder()
  const theirs = { ...ends(caller.localPort ?? 0), localPort: port }
  t.equal(await find(socket), process.geteuid?.())
  t.equal(await find(theirs), process.geteuid?.())
  // Orderly, and first on the caller's side: there it waits for its time to run out.
  caller.end()
  socket.resume().end()
  await Promise.all([once(caller, 'close'), once(socket, 'close')])
  t.equal(await find(theirs), undefined, 'nobody’s, though its row may say 0')
  server.close()
})

/** A server whose gate says what it is told to. */
async function gated(t: Test, findUid: (ends: Ends) => Promise<number | undefined>) {
  const gate = peerGate(new Set([1_001]), findUid)
  const app = makeServer({ routable: ({ url }) => url ?? '', drainMs: 100, onConnection: gate.watch })
  const refused: string[] = []
  let served = 0
  addPeerGate(
    app,
    () => gate,
    (request, reply, problem) => {
      refused.push(problem.message)
      reply.hijack()
      writeProblem(request.raw, reply.raw, problem, { close: true })
    },
  )
  app.get('/', (_request, reply) => {
    served++
    return reply.send('here')
  })
  t.teardown(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = app.server.address() as { port: number }
  return { port, refused, served: () => served }
}

t.test('requests wait until it is known, and it is asked once for a connection', async (t) => {
  let asked = 0
  let tell = (_uid: number) => {}
  const { port, served } = await gated(t, () => {
    asked++
    return new Promise((resolve) => {
      tell = resolve
    })
  })
  const socket = await openSocket(port)
  let received = ''
  socket.on('data', (chunk) => {
    received += String(chunk)
  })
  const answered = async (count: number) => {
    while (received.split('here').length <= count) await once(socket, 'data')
  }
  socket.write(requestHead('GET', '/') + requestHead('GET', '/'))
  while (asked === 0) await turn()
  t.equal(served(), 0)
  tell(1_001)
  await answered(2)
  socket.write(requestHead('GET', '/'))
  await answered(3)
  t.equal(asked, 1)
  socket.destroy()
})

t.test('a caller who is refused is told so, and who says nothing is cut off', async (t) => {
  const { port, refused, served } = await gated(t, async () => 1_002)
  const answer = await rawRequest(port, requestHead('GET', '/'))
  t.equal(answer.status, 403)
  t.equal(answer.header('connection'), 'close')
  t.strictSame(refused, ['The connection was made by a process of the user 1002.'])
  const silent = await openSocket(port)
  silent.resume()
  await once(silent, 'close')
  t.equal(served(), 0)
})

t.test(
  'somebody else who connects from the port of a connection that was reset lends it nothing',
  async (t) => {
    const caller: { socket?: Socket } = {}
    // The tables are read after the reset, and show who came next.
    const { port, refused, served } = await gated(t, async () => {
      while (caller.socket === undefined) await turn()
      caller.socket.resetAndDestroy()
      await once(caller.socket, 'close')
      return 1_001
    })
    const socket = await openSocket(port)
    socket.write(requestHead('GET', '/'))
    caller.socket = socket
    await once(socket, 'close')
    for (let i = 0; i < 10; i++) await turn()
    t.equal(served(), 0)
    t.strictSame(refused, [], 'and nobody is blamed')
  },
)
