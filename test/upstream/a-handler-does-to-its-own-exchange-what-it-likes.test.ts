import t from 'tap'
import type { Dispatcher } from 'undici'
import { turn, wireLab } from '../helpers/http1-lab.ts'

type Controller = Dispatcher.DispatchController
type Handler = Dispatcher.DispatchHandler

const ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n'
const STEPS = ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const
const NAMES = ['start', 'head', 'data', 'end']

/** A handler that does this at one step. */
const at = (step: keyof Handler, act: (controller: Controller) => void): Partial<Handler> => ({ [step]: act })

t.test('it throws: that comes back to it, once, and the next request is served', async (t) => {
  for (const [i, step] of STEPS.entries()) {
    const { call, wires } = wireLab(t)
    const throwing = call({
      on: at(step, () => {
        throw new TypeError('not a function')
      }),
    })
    wires[0]?.receive(ANSWER)
    await throwing.over
    await turn()
    t.strictSame(throwing.steps, [...NAMES.slice(0, i + 1), 'error'], step)
    t.match(throwing.error, { message: 'not a function' }, step)
    const next = call()
    wires.at(-1)?.receive(ANSWER)
    t.match(await next.over, { body: 'ab' }, step)
  }
})

t.test('it throws when it is told of a failure: nobody else is disturbed', async (t) => {
  const { call, wires, dispatcher } = wireLab(t)
  const fails = () => {
    throw new TypeError('not a function')
  }
  const broken = call({ on: { onResponseError: fails } })
  wires[0]?.receive('junk\r\n')
  await broken.over
  t.ok(wires[0]?.destroyed)
  await turn()
  const calls = [call({ on: { onResponseError: fails } }), call()]
  await dispatcher.destroy()
  for (const { error } of calls) t.match(error, { code: 'UND_ERR_DESTROYED' })
  t.match(await call({ on: { onResponseError: fails } }).over, { steps: ['error'] }, 'after the end')
})

t.test('it aborts: it is told so at once, and nothing after it', async (t) => {
  const reason = new Error('the caller left')
  for (const [i, step] of STEPS.slice(0, -1).entries()) {
    const { call, wires } = wireLab(t)
    const aborting = call({ on: at(step, (controller) => controller.abort(reason)) })
    wires[0]?.receive(ANSWER)
    t.match(await aborting.over, { error: reason })
    await turn()
    t.strictSame(aborting.steps, [...NAMES.slice(0, i + 1), 'error'], step)
    t.ok(aborting.controller?.aborted)
    // Before it was sent, it has cost nothing but its turn.
    t.equal(wires[0]?.sent === '', step === 'onRequestStart')
    t.ok(wires[0]?.destroyed, step)
  }
})

t.test('it aborts before anything is sent: the connection goes on', async (t) => {
  const { call, wires } = wireLab(t)
  await call({ on: at('onRequestStart', (controller) => controller.abort(new Error('left'))) }).over
  const next = call()
  t.equal(wires.length, 1)
  wires[0]?.receive(ANSWER)
  t.match(await next.over, { body: 'ab' })
})

t.test('it aborts and throws: it is told once', async (t) => {
  const { call } = wireLab(t)
  const both = call({
    on: at('onRequestStart', (controller) => {
      controller.abort(new Error('left'))
      throw new TypeError('not a function')
    }),
  })
  t.match(await both.over, { steps: ['start', 'error'], error: { message: 'left' } })
})

t.test('it pauses: nothing more is read until it resumes', async (t) => {
  for (const step of STEPS.slice(0, -1)) {
    const { call, wires } = wireLab(t)
    const pausing = call({ on: at(step, (controller) => controller.pause()) })
    const [wire] = wires
    for (const part of ANSWER.split(/(?<=\r\n)/)) {
      wire?.receive(part)
      await turn()
      if (pausing.controller?.paused === true) t.ok(wire?.isPaused(), step)
      pausing.controller?.resume()
    }
    t.match(await pausing.over, { body: 'ab' }, step)
  }
})

t.test('it pauses, and the answer is over: its connection is heard again', async (t) => {
  const { call, wires } = wireLab(t)
  const paused = call({ on: { onResponseData: (controller) => controller.pause() } })
  wires[0]?.receive(ANSWER)
  await paused.over
  await turn()
  t.notOk(wires[0]?.isPaused())
  wires[0]?.push(null)
  await turn()
  await turn()
  t.ok(wires[0]?.destroyed, 'that the server closes it is heard')
})

t.test('once it is over, it does nothing to what its connection carries next', async (t) => {
  const { call, wires } = wireLab(t)
  const first = call()
  wires[0]?.receive(ANSWER)
  await first.over
  await turn()
  const second = call()
  t.equal(wires.length, 1)
  first.controller?.pause()
  t.notOk(wires[0]?.isPaused())
  first.controller?.abort(new Error('too late'))
  t.notOk(first.controller?.aborted)
  second.controller?.pause()
  first.controller?.resume()
  t.ok(wires[0]?.isPaused())
  second.controller?.resume()
  wires[0]?.receive(ANSWER)
  t.match(await second.over, { body: 'ab' })
  t.strictSame(first.steps, NAMES)
})
