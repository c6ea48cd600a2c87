import { mock } from 'node:test'
import t from 'tap'
import { turn, wireLab } from '../helpers/http1-lab.ts'

const EMPTY = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'

t.test('again and again, also once there has been none', async (t) => {
  let now = 1_000
  t.intercept(performance, 'now', { value: () => now })
  mock.timers.enable({ apis: ['setTimeout'] })
  t.teardown(() => mock.timers.reset())
  const { call, wires } = wireLab(t)
  const pass = (ms: number) => {
    now += ms
    mock.timers.tick(ms)
  }
  const use = async () => {
    const asked = call()
    wires.at(-1)?.receive(EMPTY)
    await asked.over
    await turn()
  }
  await use()
  for (let s = 0; s < 3; s++) pass(1_000)
  t.notOk(wires[0]?.destroyed, 'after 3 s')
  pass(1_000)
  t.ok(wires[0]?.destroyed, 'after 4 s')
  await turn()
  await use()
  wires[1]?.push(null)
  await turn()
  t.ok(wires[1]?.destroyed, 'closed by the server, before its time')
  await use()
  for (let s = 0; s < 4; s++) pass(1_000)
  t.equal(wires.length, 3)
  t.ok(wires[2]?.destroyed)
})
