import { PassThrough } from 'node:stream'
import t, { type Test } from 'tap'
import { type Request, turn, wireLab } from '../helpers/http1-lab.ts'

/** Whether the next request goes over the connection on which these bytes answered the first. */
async function reuses(t: Test, answer: string, request: Request = {}): Promise<boolean> {
  const { call, wires } = wireLab(t)
  const first = call(request)
  wires[0]?.receive(answer)
  await first.over
  t.equal(first.error, undefined, 'the answer was taken')
  await turn()
  call()
  t.equal(wires[0]?.destroyed, wires.length === 2, 'what is not used again is closed')
  return wires.length === 1
}

const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`
const EMPTY = head('Content-Length: 0')

t.test('after an answer that says where it ends', async (t) => {
  t.ok(await reuses(t, EMPTY))
  t.ok(await reuses(t, `${head('Content-Length: 2')}ok`))
  t.ok(await reuses(t, `${head('Transfer-Encoding: chunked')}2\r\nok\r\n0\r\n\r\n`))
  t.ok(await reuses(t, 'HTTP/1.1 204 No Content\r\n\r\n'))
  t.ok(await reuses(t, 'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n'))
  t.ok(await reuses(t, head('Content-Length: 2'), { method: 'HEAD' }))
  t.ok(await reuses(t, `HTTP/1.1 103 Early Hints\r\n\r\n${EMPTY}`))
})

t.test('not if either side means to close it, or it may not be free', async (t) => {
  t.notOk(await reuses(t, head('Content-Length: 0', 'Connection: x, CLOSE')))
  t.notOk(await reuses(t, 'HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n'))
  t.notOk(await reuses(t, `${EMPTY}HTTP/1.1 200 OK\r\n\r\n`), 'more came behind it')
  t.notOk(await reuses(t, `${EMPTY}\r\n`))
  t.notOk(await reuses(t, 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n'), 'a body may come')
  t.notOk(await reuses(t, 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n'))
  t.notOk(await reuses(t, head('Content-Length: 0', 'Keep-Alive: timeout=0')))
  t.notOk(await reuses(t, head('Content-Length: 0', 'Keep-Alive: timeout=2')), 'it may close in no time')
  t.ok(await reuses(t, head('Content-Length: 0', 'Keep-Alive: timeout=3')))
})

t.test('not if the answer came before the request had gone out', async (t) => {
  const body = new PassThrough()
  body.write('half')
  t.notOk(await reuses(t, EMPTY, { method: 'POST', body }))
  t.ok(body.destroyed, 'nobody reads the rest')
})

t.test('not if something lies there unread: it would be taken for the next answer', async (t) => {
  const { call, wires } = wireLab(t)
  const first = call({ on: { onResponseData: (controller) => controller.pause() } })
  const [wire] = wires
  wire?.receive(`${head('Content-Length: 2')}o`)
  await turn()
  // One piece ends it, and the next one waits behind.
  wire?.receive('k')
  wire?.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged')
  first.controller?.resume()
  await first.over
  const second = call()
  t.equal(wires.length, 2)
  wires[1]?.receive(`${head('Content-Length: 4')}true`)
  t.match(await second.over, { body: 'true' })
})

t.test('not if something came while nobody asked', async (t) => {
  const { call, wires } = wireLab(t)
  const first = call()
  wires[0]?.receive(EMPTY)
  await first.over
  wires[0]?.receive('HTTP/1.1 408 Request Timeout\r\n\r\n')
  await turn()
  t.ok(wires[0]?.destroyed)
  call()
  t.equal(wires.length, 2)
})

t.test('not if its time is over, by the server or by us', async (t) => {
  let now = 1_000
  t.intercept(performance, 'now', { value: () => now })
  for (const [hint, kept] of [
    ['X: y', 4_000],
    ['Keep-Alive: timeout=5', 3_000],
    ['Keep-Alive: timeout=100000000', 60_000],
    ['Keep-Alive: timeout=soon', 4_000],
  ] as const) {
    const { call, wires } = wireLab(t)
    for (const after of [kept - 1, kept]) {
      const asked = call()
      wires.at(-1)?.receive(head('Content-Length: 0', hint))
      await asked.over
      await turn()
      now += after
    }
    t.equal(wires.length, 1, `${hint}: in time`)
    call()
    t.equal(wires.length, 2, `${hint}: too late`)
  }
})

t.test('the one that was used last comes first', async (t) => {
  const { call, wires } = wireLab(t)
  const calls = [call(), call()]
  for (const wire of wires) wire.receive(EMPTY)
  await Promise.all(calls.map(({ over }) => over))
  call({ path: '/third' })
  t.equal(wires.length, 2)
  t.match(wires[1]?.sent, /third/)
})
