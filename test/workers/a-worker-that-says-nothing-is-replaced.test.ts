import cluster from 'node:cluster'
import t from 'tap'
import { Pulse } from '../../src/workers/pulse.ts'
import { poolLab } from '../helpers/pool-lab.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

function pulseLab() {
  const clock = new VirtualClock()
  const lab = { clock, pings: 0, silent: 0 }
  const ping = () => lab.pings++
  const pulse = new Pulse({ clock, ping, onSilent: () => lab.silent++ })
  return Object.assign(lab, { pulse })
}

t.test('after thirty seconds of silence, and is asked once until it answers', async (t) => {
  const lab = pulseLab()
  await lab.clock.advance(4_000)
  lab.pulse.heard()
  await lab.clock.advance(1_000)
  t.equal(lab.pings, 2)
  await lab.clock.advance(29_000)
  t.same([lab.pings, lab.silent], [2, 0])
  lab.pulse.heard()
  await lab.clock.advance(30_000)
  t.equal(lab.silent, 0, 'any word will do')
  await lab.clock.advance(1_000)
  t.same([lab.pings, lab.silent], [3, 1])
  await lab.clock.advance(60_000)
  t.same([lab.silent, lab.clock.pendingTimers], [1, 0], 'it is told once')
})

t.test('not when it has ended', async (t) => {
  const lab = pulseLab()
  lab.pulse.stop()
  await lab.clock.advance(60_000)
  t.same([lab.silent, lab.clock.pendingTimers], [0, 0])
})

t.test('not while this process itself was stopped, was blocked or slept', async (t) => {
  for (const away of ['stall', 'sleep'] as const) {
    const lab = pulseLab()
    await lab.clock.advance(29_000)
    for (let time = 0; time < 5; time++) {
      lab.clock[away](60_000)
      await lab.clock.advance(25_000)
    }
    t.equal(lab.silent, 0)
    await lab.clock.advance(10_000)
    t.equal(lab.silent, 1, 'its silence counts from then on')
  }
})

t.test('the pool ends it, says why, and goes on with another; who answers stays', async (t) => {
  const { pool, clock, log } = poolLab(t, { DEAF: '2' })
  await pool.start()
  let words = 0
  const [one] = Object.values(cluster.workers ?? {})
  one?.on('message', () => words++)
  for (let time = 0; time < 8 && !log().includes('silent'); time++) {
    const before = words
    await clock.advance(5_000)
    // Words between processes take real time: it has answered before more of the clock's is over.
    await until(() => words > before, 'the other has answered')
  }
  await until(() => log().includes('replaced'), 'another took its place')
  t.match(log(), /worker 2 was ended by SIGKILL: it was silent for 30 s/)
  t.notMatch(log(), 'worker 1 ')
  t.equal(pool.listening, 2)
})
