import { getEventListeners } from 'node:events'
import t from 'tap'
import { Pace } from '../../src/credentials/pace.ts'
import { Waiters } from '../../src/credentials/waiters.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

t.test(
  'a wait ends with its event, its patience, or its caller, and then leaves nothing behind',
  async (t) => {
    const clock = new VirtualClock()
    const waiters = new Waiters(clock, 10)
    let land = () => {}
    const event = new Promise<void>((resolve) => {
      land = resolve
    })
    const leaving = new AbortController()
    const ends = [
      waiters.wait(event, 1_000, undefined),
      waiters.wait(event, 5_000, leaving.signal),
      waiters.wait(event, 9_000, undefined),
    ]
    t.equal(waiters.count, 3)
    await clock.advance(1_000)
    t.equal(await ends[0], 'timed-out')
    leaving.abort()
    t.equal(await ends[1], 'aborted')
    t.equal(waiters.count, 1)
    land()
    t.equal(await ends[2], 'settled')
    t.equal(waiters.count, 0)
    t.equal(clock.pendingTimers, 0)
    const staying = new AbortController()
    t.equal(await waiters.wait(event, 1, staying.signal), 'settled')
    t.equal(getEventListeners(staying.signal, 'abort').length, 0)
    t.equal(
      await waiters.wait(Promise.reject(new Error('x')), 1, undefined),
      'settled',
      'a failure ends it too',
    )
    t.equal(await waiters.wait(event, 1, AbortSignal.abort()), 'aborted')
  },
)

t.test('those beyond the bound are told so at once', async (t) => {
  const waiters = new Waiters(new VirtualClock(), 2)
  const never = new Promise(() => {})
  void waiters.wait(never, 1_000, undefined)
  void waiters.wait(never, 1_000, undefined)
  t.equal(await waiters.wait(never, 1_000, undefined), 'full')
})

t.test('a pace gives out slots that far apart, and says how long it is to the next', async (t) => {
  const pace = new Pace(1_000)
  t.equal(pace.waitMs(5), 0)
  t.equal(pace.reserve(5), 5)
  t.equal(pace.waitMs(105), 900)
  t.equal(pace.reserve(105), 1_005)
  t.equal(pace.reserve(105), 2_005)
  t.equal(pace.reserve(9_000), 9_000)
})
