import t from 'tap'
import { type buildConnector, request } from 'undici'
import { Http1Dispatcher } from '../../src/upstream/http1.ts'
import { http1Lab, turn, wireLab } from '../helpers/http1-lab.ts'
import { Wire } from '../helpers/wire.ts'

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

/** Connections that are there when the test says so. */
function lateLab(t: Parameters<typeof http1Lab>[0]) {
  const connecting: Parameters<buildConnector.connector>[1][] = []
  return { ...http1Lab(t, (_options, callback) => void connecting.push(callback)), connecting }
}

/** Whether it has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await turn()
  await turn()
  return done
}

t.test('close: what is on its way goes on, what is free is let go, and nothing new begins', async (t) => {
  const { call, wires, dispatcher } = wireLab(t)
  const calls = [call(), call()]
  wires[0]?.receive(EMPTY)
  await calls[0]?.over
  const closed = dispatcher.close()
  t.ok(wires[0]?.destroyed, 'the free one')
  t.match(await call().over, { steps: ['error'], error: { code: 'UND_ERR_CLOSED' } })
  t.notOk(await isDone(closed))
  wires[1]?.receive(EMPTY)
  t.match(await calls[1]?.over, { steps: ['start', 'head', 'end'] })
  await closed
  t.ok(wires[1]?.destroyed, 'it is not kept for another')
  t.equal(wires.length, 2)
})

t.test('close, while a connection is opened: its request is sent', async (t) => {
  const { call, dispatcher, connecting } = lateLab(t)
  const asked = call()
  const closed = dispatcher.close()
  t.notOk(await isDone(closed))
  const wire = new Wire()
  connecting[0]?.(null, wire.asSocket)
  wire.receive(EMPTY)
  t.match(await asked.over, { steps: ['start', 'head', 'end'] })
  await closed
})

t.test('destroy: everything ends at once, with the error that was given', async (t) => {
  const { call, wires, dispatcher } = wireLab(t)
  const free = call()
  wires[0]?.receive(EMPTY)
  await free.over
  const calls = [call(), call(), call()]
  wires[1]?.receive('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
  await turn()
  const error = new Error('it ends')
  await dispatcher.destroy(error)
  for (const { error: told } of calls) t.equal(told, error)
  t.ok(wires.every(({ destroyed }) => destroyed))
  t.match(await call().over, { steps: ['error'], error })
})

t.test(
  'destroy, while a connection is opened: it is closed when it comes, and nothing is sent',
  async (t) => {
    const { call, dispatcher, connecting } = lateLab(t)
    const calls = [call(), call()]
    await dispatcher.destroy()
    for (const { over } of calls)
      t.match(await over, { steps: ['error'], error: { code: 'UND_ERR_DESTROYED' } })
    const wire = new Wire()
    connecting[0]?.(null, wire.asSocket)
    connecting[1]?.(new Error('refused'), null)
    wire.emit('error', new Error('nobody hears of it'))
    t.ok(wire.destroyed)
    t.equal(wire.sent, '')
  },
)

t.test('close and then destroy, and each of them twice: all of them resolve', async (t) => {
  const { call, dispatcher } = wireLab(t)
  const asked = call()
  const ends = [dispatcher.close(), dispatcher.close(), dispatcher.destroy(), dispatcher.destroy()]
  t.match(await asked.over, { steps: ['start', 'error'], error: { code: 'UND_ERR_DESTROYED' } })
  await Promise.all(ends)
  await dispatcher.close()
})

t.test('from within a callback', async (t) => {
  for (const step of ['onRequestStart', 'onResponseStart', 'onResponseData', 'onResponseEnd'] as const) {
    for (const how of ['close', 'destroy'] as const) {
      const { call, wires, dispatcher } = wireLab(t)
      let ended: Promise<void> | undefined
      const asked = call({
        on: {
          [step]: () => {
            ended = dispatcher[how]()
          },
        },
      })
      wires[0]?.receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
      await asked.over
      await ended
      const isWhole = how === 'close' || step === 'onResponseEnd'
      t.equal(asked.steps.at(-1), isWhole ? 'end' : 'error', `${how} in ${step}`)
      t.ok(wires[0]?.destroyed)
    }
  }
})

t.test('undici is not called in after the end', async (t) => {
  let made = 0
  const dispatcher = new Http1Dispatcher(
    () => {},
    () => {
      made++
      throw new Error('not any more')
    },
  )
  await dispatcher.destroy()
  await t.rejects(request('http://cluster/', { dispatcher }), { code: 'UND_ERR_DESTROYED' })
  t.equal(made, 0)
})
