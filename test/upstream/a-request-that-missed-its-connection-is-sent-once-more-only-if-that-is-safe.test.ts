import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { ReplayBody } from '../../src/upstream/replay-body.ts'
import { ask, CountingKeeper, type Told } from '../helpers/authenticate-lab.ts'
import { turn, wireLab } from '../helpers/http1-lab.ts'
import type { Wire } from '../helpers/wire.ts'

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'
const WHOLE = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole'

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const SAFE: readonly string[] = ['GET', 'HEAD', 'OPTIONS']

/** Bodies of the request, and whether they can be sent once more. */
const BODIES: Record<string, { make(): ReplayBody | null; again: boolean }> = {
  none: { make: () => null, again: true },
  'a whole one': { make: () => new ReplayBody(Readable.from([Buffer.from('abc')]), 8), again: true },
  'one that is still coming': { make: () => new ReplayBody(begun('abc'), 8), again: true },
  'one that is too large to keep': { make: () => new ReplayBody(begun('0123456789'), 8), again: false },
}

/** What comes of an answer before the connection ends. */
const ANSWERS: Record<string, string> = {
  nothing: '',
  'one byte': 'H',
  'an interim answer': 'HTTP/1.1 103 Early Hints\r\n\r\n',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-',
  'half a body': 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
}

const ENDS: Record<string, (wire: Wire) => void> = {
  FIN: (wire) => wire.push(null),
  RST: (wire) => wire.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })),
  EPIPE: (wire) => wire.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })),
}

function begun(text: string): PassThrough {
  const stream = new PassThrough()
  stream.write(text)
  return stream
}

interface Case {
  method: string
  body: ReplayBody | null
  isReused: boolean
  answer: string
  end(wire: Wire): void
}

/** How often the request was seen, and what its caller was told. */
async function play(t: Test, { method, body, isReused, answer, end }: Case) {
  const { dispatcher, wires } = wireLab(t)
  const keeper = new CountingKeeper()
  if (isReused) {
    const first = ask(dispatcher, keeper, { path: '/first' })
    wires[0]?.receive(EMPTY)
    await first.over
    await turn()
  }
  const told = ask(dispatcher, keeper, { path: '/asked', method, body })
  await turn()
  await turn()
  const [wire] = wires as [Wire]
  if (answer !== '') wire.receive(answer)
  await turn()
  end(wire)
  await turn()
  await turn()
  wires[1]?.receive(method === 'HEAD' ? EMPTY : WHOLE)
  await told.over
  await turn()
  const sends = wires.filter(({ sent }) => sent.includes(' /asked ')).length
  await dispatcher.destroy()
  return { sends, told, connections: wires.length }
}

type Row = [body: string, answer: string, end: string, isReused: boolean]

const ROWS: Row[] = Object.keys(BODIES).flatMap((body) =>
  Object.keys(ANSWERS).flatMap((answer) =>
    Object.keys(ENDS).flatMap((end): Row[] => [
      [body, answer, end, true],
      [body, answer, end, false],
    ]),
  ),
)

async function check(t: Test, method: string, [bodyName, answerName, endName, isReused]: Row) {
  const what = `${bodyName}, ${answerName}, ${endName}, ${isReused ? 'reused' : 'fresh'}`
  const [body, answer, end] = [BODIES[bodyName], ANSWERS[answerName] ?? '', ENDS[endName]]
  if (body === undefined || end === undefined) throw new Error('no such row')
  const { sends, told } = await play(t, { method, body: body.make(), isReused, answer, end })
  // A HEAD is answered by its head.
  const isWhole = method === 'HEAD' && answerName === 'half a body'
  const isResent = SAFE.includes(method) && isReused && answer === '' && body.again
  t.equal(sends, isResent ? 2 : 1, `${what}: sent`)
  t.equal(told.ends, 1, `${what}: the caller is told one end`)
  if (isResent || isWhole) t.match(told, { status: 200, error: undefined }, what)
  else t.match(told.error, { code: 'upstream-broke-off' }, what)
}

for (const method of METHODS) {
  t.test(`${method}, with each body, after each beginning of an answer, by each end`, async (t) => {
    for (const row of ROWS) await check(t, method, row)
  })
}

/** A client with two connections that have each served a request. */
async function warmLab(t: Test, count = 2) {
  const lab = wireLab(t)
  const keeper = new CountingKeeper()
  const calls = Array.from({ length: count }, () => ask(lab.dispatcher, keeper))
  for (const wire of lab.wires) wire.receive(EMPTY)
  await Promise.all(calls.map(({ over }) => over))
  await turn()
  t.equal(lab.wires.length, count)
  return { ...lab, keeper }
}

const sentTo = (wires: Wire[], path: string) =>
  wires.flatMap(({ sent }, i) => (sent.includes(` ${path} `) ? [i] : []))

t.test('over a fresh connection, though another that was used is free', async (t) => {
  const { dispatcher, wires, keeper } = await warmLab(t)
  const told = ask(dispatcher, keeper, { path: '/asked' })
  wires[1]?.push(null)
  await turn()
  wires[2]?.receive(WHOLE)
  t.match(await told.over, { status: 200, body: 'whole' })
  t.strictSame(sentTo(wires, '/asked'), [1, 2])
})

t.test('once: not when the fresh connection ends too, and not when it cannot be opened', async (t) => {
  const { dispatcher, wires, keeper } = await warmLab(t)
  const told = ask(dispatcher, keeper, { path: '/asked' })
  wires[1]?.push(null)
  await turn()
  wires[2]?.push(null)
  t.match((await told.over).error, { code: 'upstream-broke-off' })
  t.strictSame(sentTo(wires, '/asked'), [1, 2])
  t.equal(wires.length, 3)
})

t.test('not for a caller who has left', async (t) => {
  const { dispatcher, wires, keeper } = await warmLab(t)
  const told = ask(dispatcher, keeper, { path: '/asked' })
  told.controller?.abort(new Error('left'))
  wires[1]?.push(null)
  await turn()
  await turn()
  t.equal(wires.length, 2)
  t.strictSame(sentTo(wires, '/asked'), [1])
})

t.test('not where this client itself ends', async (t) => {
  const { dispatcher, wires, keeper } = await warmLab(t)
  const told = ask(dispatcher, keeper, { path: '/asked' })
  await dispatcher.destroy()
  t.match((await told.over).error, { code: 'draining' })
  t.equal(wires.length, 2)
})

t.test('it does not take the place of the replay after a 401, nor the other way round', async (t) => {
  const refused = 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'
  t.test('lost, then refused', async (t) => {
    const { dispatcher, wires, keeper } = await warmLab(t, 1)
    const told = ask(dispatcher, keeper, { path: '/asked' })
    wires[0]?.push(null)
    await turn()
    wires[1]?.receive(refused)
    await turn()
    await turn()
    t.equal(wires.length, 3, 'not over the one that is free: it is the same request that was lost')
    wires[2]?.receive(WHOLE)
    t.match(await told.over, { status: 200, body: 'whole', ends: 1 })
    t.match(wires[2]?.sent, /Bearer 2/)
  })
  t.test('refused, then lost', async (t) => {
    const { dispatcher, wires, keeper } = await warmLab(t, 2)
    const told = ask(dispatcher, keeper, { path: '/asked' })
    wires[1]?.receive(refused)
    await turn()
    await turn()
    t.match(wires[1]?.sent, /Bearer 2/, 'the replay went over it')
    wires[1]?.push(null)
    await turn()
    wires[2]?.receive(WHOLE)
    t.match(await told.over, { status: 200, body: 'whole', ends: 1 })
    t.match(wires[2]?.sent, /Bearer 2/)
  })
})

t.test('with the credential of then, for which it waits if there is none', async (t) => {
  const { dispatcher, wires, keeper } = await warmLab(t, 1)
  const told = ask(dispatcher, keeper, { path: '/asked' })
  keeper.isExpired = true
  wires[0]?.push(null)
  await turn()
  await turn()
  t.match(wires[1]?.sent, /Bearer 2/)
  wires[1]?.receive(WHOLE)
  t.match(await told.over, { status: 200 })
})

t.test('each method, if nothing of it had left when the connection ended', async (t) => {
  for (const method of METHODS.filter((one) => !SAFE.includes(one)))
    for (const [name, { make, again }] of Object.entries(BODIES))
      for (const [how, end] of Object.entries(ENDS)) {
        const { dispatcher, wires, keeper } = await warmLab(t, 1)
        const body = make()
        // What has arrived of it is read.
        await turn()
        const told: Told = ask(dispatcher, keeper, { path: '/asked', method, body })
        // Before the turn of the event loop is over, at whose end the request leaves.
        end(wires[0] as Wire)
        await new Promise((resolve) => process.nextTick(resolve))
        await turn()
        await turn()
        wires[1]?.receive(WHOLE)
        await told.over
        const what = `${method} with ${name}, ${how}`
        t.ok(sentTo(wires, '/asked').length <= 1, `${what}: seen once at most`)
        t.notOk(wires[0]?.sent.includes('/asked'), `${what}: nothing on the one that ended`)
        if (again) t.match(told, { status: 200, body: 'whole', ends: 1 }, what)
        await dispatcher.destroy()
      }
})
