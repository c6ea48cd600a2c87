import { PassThrough } from 'node:stream'
import t from 'tap'
import { turn, wireLab } from '../helpers/http1-lab.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'

t.test('no listener stays, whatever was sent and however it was read', async (t) => {
  const warnings: Error[] = []
  const warn = (warning: Error) => warnings.push(warning)
  process.on('warning', warn)
  t.teardown(() => process.off('warning', warn))
  const { call, wires } = wireLab(t)
  const listeners = () =>
    ['data', 'drain', 'end', 'error', 'close', 'readable', 'finish'].map((event) => [
      event,
      wires[0]?.listenerCount(event),
    ])
  let before: unknown
  for (let i = 0; i < 1_000; i++) {
    const body = i % 2 === 0 ? null : new PassThrough().end('body')
    const asked = call({
      method: body === null ? 'GET' : 'POST',
      body,
      on: {
        onResponseData(controller) {
          controller.pause()
          controller.resume()
        },
      },
    })
    await turn()
    if (body !== null && i % 4 === 1) await turn()
    wires[0]?.receive(ANSWER)
    t.equal((await asked.over).body, 'ok') || t.bailout()
    await turn()
    if (i === 1) before = listeners()
  }
  t.equal(wires.length, 1)
  t.strictSame(listeners(), before)
  t.strictSame(warnings, [])
})
