import t from 'tap'
import { pauseBeforeMs, soonEnds } from '../../src/workers/backoff.ts'

t.test(
  'at once, then with pauses that double up to 10 s, and at once again after a good while',
  async (t) => {
    let ends = 0
    const pauses = Array.from({ length: 10 }, () => {
      ends = soonEnds(ends, 4_999)
      return pauseBeforeMs(ends)
    })
    t.strictSame(pauses, [0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000])
    t.equal(pauseBeforeMs(soonEnds(ends, 5_000)), 0)
  },
)
