import t, { type Test } from 'tap'
import { turn, wireLab } from '../helpers/http1-lab.ts'

const KEPT = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: timeout=60\r\n\r\n'
const MINUTE = 60_000

/** A client whose clocks and chance are the test's. */
function agingLab(t: Test, chance: () => number) {
  const time = { awake: 1_000, wall: 1_000_000 }
  t.intercept(performance, 'now', { value: () => time.awake })
  t.intercept(Date, 'now', { value: () => time.wall })
  t.intercept(Math, 'random', { value: chance })
  const lab = wireLab(t)
  const use = async () => {
    const asked = lab.call()
    lab.wires.find((wire) => !wire.destroyed)?.receive(KEPT)
    await asked.over
    await turn()
  }
  const pass = (ms: number) => {
    time.awake += ms
    time.wall += ms
  }
  return { ...lab, time, use, pass }
}

t.test('after three to five minutes it carries nothing more, though it was never idle', async (t) => {
  for (const [chance, minutes] of [
    [0, 5],
    [0.5, 4],
    [1, 3],
  ] as const) {
    const { use, pass, wires } = agingLab(t, () => chance)
    await use()
    for (let s = 1; s < minutes * 60; s++) {
      pass(1_000)
      await use()
    }
    t.equal(wires.length, 1, 'one carries all until then')
    pass(1_000)
    await use()
    t.equal(wires.length, 2, `${minutes} minutes`)
    t.ok(wires[0]?.destroyed)
  }
})

t.test('what it carries at that moment, it carries to the end', async (t) => {
  const { call, pass, wires } = agingLab(t, () => 0)
  const asked = call()
  pass(6 * MINUTE)
  await turn()
  wires[0]?.receive('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole')
  t.match(await asked.over, { status: 200, body: 'whole' })
  await turn()
  t.ok(wires[0]?.destroyed)
})

t.test('also where there is always a request waiting for it', async (t) => {
  const { call, pass, wires } = agingLab(t, () => 0)
  for (let i = 0; i < 1_024; i++) call()
  const waiting = call({ path: '/waiting' })
  pass(6 * MINUTE)
  wires[0]?.receive(KEPT)
  await turn()
  await turn()
  t.notMatch(wires[0]?.sent, /waiting/)
  t.match(wires[1_024]?.sent, /waiting/)
  wires[1_024]?.receive(KEPT)
  t.match(await waiting.over, { status: 200 })
})

t.test('the time that the machine slept is counted: the other side has closed it by then', async (t) => {
  const { time, use, wires } = agingLab(t, () => 0)
  await use()
  time.wall += 57_000
  await use()
  t.equal(wires.length, 1, 'a short sleep')
  time.wall += 58_000
  await use()
  t.equal(wires.length, 2, 'a long one')
  time.wall -= 3_600_000
  await use()
  t.equal(wires.length, 2, 'a clock that is set back is no sleep')
})
