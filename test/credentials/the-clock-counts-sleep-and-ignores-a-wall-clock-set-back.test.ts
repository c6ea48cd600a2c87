import t from 'tap'
import { sleepSafe, systemClock } from '../../src/credentials/clock.ts'

t.test('the joined clock', async (t) => {
  let [monotonic, wall] = [100, 1_000_000]
  const now = sleepSafe(
    () => monotonic,
    () => wall,
  )
  const pass = (ms: number) => {
    monotonic += ms
    wall += ms
  }
  t.equal(now(), 100)
  pass(50)
  t.equal(now(), 150)
  wall += 999
  t.equal(now(), 150, 'drift is not time')
  wall += 3_600_000
  t.equal(now(), 150 + 3_600_999, 'an hour of sleep is')
  pass(10)
  t.equal(now(), 160 + 3_600_999)
  wall -= 7_200_000
  t.equal(now(), 160 + 3_600_999, 'a wall clock set back is not')
  pass(10)
  t.equal(now(), 170 + 3_600_999)
  wall += 60_000
  t.equal(now(), 170 + 3_660_999, 'and set forth again counts from there')
})

t.test('it never goes back, and many looks are no time', async (t) => {
  let [monotonic, wall] = [0, 0]
  const now = sleepSafe(
    () => monotonic,
    () => wall,
  )
  let last = now()
  for (let i = 0; i < 10_000; i++) {
    monotonic += 0.05
    wall = Math.round(monotonic)
    const next = now()
    if (next < last) t.fail(`went back from ${last} to ${next}`)
    last = next
  }
  t.ok(Math.abs(now() - 500) < 1)
})

t.test('the real one ticks, and its timers can be cancelled', async (t) => {
  const clock = systemClock()
  const [now, monotonic] = [clock.now(), clock.monotonic()]
  const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
  const before = timers()
  const cancel = clock.setTimer(() => t.fail('cancelled'), 1)
  t.equal(timers(), before, 'it does not keep the process alive')
  cancel()
  await new Promise<void>((resolve) => {
    clock.setTimer(resolve, 5)
    setTimeout(() => {}, 50)
  })
  t.ok(clock.now() > now && clock.monotonic() > monotonic)
})
