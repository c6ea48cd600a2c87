import type { Test } from 'tap'
import t from 'tap'
import { ask, CountingKeeper } from '../helpers/authenticate-lab.ts'
import { type Call, turn, wireLab } from '../helpers/http1-lab.ts'

const PLACES = 1_024
const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** A client whose every connection is busy. */
function busyLab(t: Test) {
  const lab = wireLab(t)
  const calls: Call[] = []
  for (let i = 0; i < PLACES; i++) calls.push(lab.call())
  t.equal(lab.wires.length, PLACES)
  return { ...lab, calls }
}

t.test('and goes over the first connection that is free', async (t) => {
  const { call, wires } = busyLab(t)
  const [first, second] = [call({ path: '/first' }), call({ path: '/second' })]
  t.strictSame(first.steps, [])
  wires[7]?.receive(EMPTY)
  await turn()
  t.match(wires[7]?.sent, /\/first/)
  wires[7]?.receive(EMPTY)
  await first.over
  t.match(wires[7]?.sent, /\/second/)
  wires[7]?.receive(EMPTY)
  await second.over
  t.equal(wires.length, PLACES)
})

t.test('or over a new one, where one has closed or cannot be used again', async (t) => {
  const { call, wires, calls } = busyLab(t)
  const waiting = [call(), call(), call()]
  calls[0]?.controller?.abort(new Error('left'))
  wires[1]?.push(null)
  wires[2]?.receive('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
  await turn()
  await turn()
  t.equal(wires.length, PLACES + 3)
  for (const wire of wires.slice(PLACES)) wire.receive(EMPTY)
  for (const { over } of waiting) t.match(await over, { status: 200 })
})

t.test('however many have left by then: their turn costs nothing', async (t) => {
  const { call, wires } = busyLab(t)
  const left = Array.from({ length: 16_000 }, () =>
    call({ on: { onRequestStart: (controller) => controller.abort(new Error('left')) } }),
  )
  const last = call({ path: '/last' })
  wires[0]?.receive(EMPTY)
  await turn()
  t.match(wires[0]?.sent, /\/last/, 'the connection goes on')
  t.ok(left.every(({ steps }) => steps.join() === 'start,error'))
  wires[0]?.receive(EMPTY)
  t.match(await last.over, { status: 200 })
  t.equal(wires.length, PLACES)
})

t.test('very many are too many', async (t) => {
  const { call, dispatcher } = busyLab(t)
  const waiting = Array.from({ length: 16_384 }, () => call())
  t.match(await call().over, { steps: ['error'], error: { code: 'TOO_MANY_REQUESTS_WAIT' } })
  const { error } = await ask(dispatcher, new CountingKeeper()).over
  t.match(
    error,
    { code: 'overloaded', fault: 'this proxy', retryAfterS: 1 },
    'which is not the fault of the cluster',
  )
  t.ok(waiting.every(({ steps }) => steps.length === 0))
  await dispatcher.destroy()
  t.ok(
    waiting.every(({ steps }) => steps.join() === 'error'),
    'the end is told to all',
  )
})

t.test('but those whose callers have left make room', async (t) => {
  const { call, dispatcher } = busyLab(t)
  const keeper = new CountingKeeper()
  const gone = Array.from({ length: 1_000 }, () => ask(dispatcher, keeper))
  const waiting = Array.from({ length: 15_384 }, () => call())
  for (const { controller } of gone) controller?.abort(new Error('left'))
  const late = Array.from({ length: 1_000 }, () => call())
  t.ok(
    gone.every(({ ends }) => ends === 1),
    'they are told once',
  )
  t.ok([...waiting, ...late].every(({ steps }) => steps.length === 0))
  t.match(await call().over, { steps: ['error'], error: { code: 'TOO_MANY_REQUESTS_WAIT' } })
})
