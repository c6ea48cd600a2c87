import t from 'tap'
import { Rejections } from '../../src/credentials/rejections.ts'

const MINUTE = 60_000

/** A renewal forced at `now`, whose new credential is refused too. Returns the pause that this begins. */
function rejectedAt(rejections: Rejections, generation: number, now: number): number | undefined {
  rejections.forced(generation, now)
  rejections.renewed(false)
  return rejections.refused(generation + 1, now).pauseMs
}

t.test('the first 401 is; another one to the same generation is not', async (t) => {
  const rejections = new Rejections()
  t.strictSame(rejections.refused(1, 0), { force: true })
  rejections.forced(1, 0)
  t.strictSame(rejections.refused(1, 1), { force: false }, 'too soon')
  t.strictSame(rejections.refused(1, MINUTE), { force: false }, 'and in vain')
  t.notOk(rejections.active)
})

t.test('the next one is, if it comes five seconds later, then ten, twenty, to ten minutes', async (t) => {
  const rejections = new Rejections()
  let now = 1_000
  for (const [i, seconds] of [5, 10, 20, 40, 80, 160, 320, 600, 600, 600].entries()) {
    t.strictSame(rejections.refused(i, now), { force: true })
    rejections.forced(i, now)
    rejections.renewed(false)
    rejections.cleared()
    t.strictSame(rejections.refused(i + 1, now + seconds * 1_000 - 1), { force: false }, `${seconds} s`)
    now += seconds * 1_000
  }
  now += 1
  t.strictSame(rejections.refused(10, now), { force: true })
  rejections.forced(10, now)
  rejections.renewed(false)
  rejections.cleared()
  t.strictSame(rejections.refused(11, now + 5_000), { force: true }, 'ten quiet minutes begin anew')
})

t.test('a fresh one that is refused as well begins a pause of a minute, two, four, to ten', async (t) => {
  const rejections = new Rejections()
  let now = 0
  for (const [i, minutes] of [1, 2, 4, 8, 10, 10, 10].entries()) {
    t.equal(rejectedAt(rejections, i, now), minutes * MINUTE)
    t.ok(rejections.active)
    t.strictSame(rejections.refused(i + 1, now + 1), { force: false }, 'told once')
    t.strictSame(rejections.refused(i + 1, now + minutes * MINUTE - 1), { force: false })
    t.strictSame(rejections.refused(i + 1, now + minutes * MINUTE), { force: true })
    now += minutes * MINUTE
  }
})

t.test('a fresh one that is taken is on trial no longer, and the count begins anew', async (t) => {
  const rejections = new Rejections()
  t.notOk(rejections.suspicious)
  t.equal(rejectedAt(rejections, 1, 0), MINUTE)
  t.ok(rejections.suspicious)
  rejections.cleared()
  t.notOk(rejections.suspicious)
  t.notOk(rejections.active)
  rejections.forced(2, MINUTE)
  rejections.renewed(false)
  t.ok(rejections.suspicious, 'on trial')
  rejections.cleared()
  t.strictSame(rejections.refused(3, 60 * MINUTE), { force: true }, 'an hour later: revoked')
  t.equal(rejectedAt(rejections, 3, 60 * MINUTE), MINUTE, 'not two')
})

t.test(
  'a credential that came by itself is not on trial, and ends what its forerunner suffered',
  async (t) => {
    const rejections = new Rejections()
    rejections.renewed(false)
    t.notOk(rejections.suspicious)
    t.equal(rejectedAt(rejections, 1, 0), MINUTE)
    rejections.renewed(false)
    t.notOk(rejections.active)
    t.strictSame(rejections.refused(3, 1), { force: false }, 'but the pause holds')
    t.ok(rejections.active)
  },
)

t.test('the pause ends once the cluster takes a credential that came by itself', async (t) => {
  const rejections = new Rejections()
  t.equal(rejectedAt(rejections, 1, 0), MINUTE)
  rejections.renewed(false)
  t.ok(rejections.suspicious, 'until then a success is news')
  rejections.cleared()
  t.notOk(rejections.suspicious)
  t.strictSame(rejections.refused(3, 10_000), { force: true }, 'ten seconds later: revoked')
  t.equal(rejectedAt(rejections, 3, 10_000), MINUTE, 'not two')
})

t.test('the same token again', async (t) => {
  const rejections = new Rejections()
  rejections.forced(1, 0)
  rejections.renewed(true)
  t.strictSame(rejections.refused(1, 10_000), { force: false, pauseMs: MINUTE }, 'forced: no better')
  rejections.renewed(true)
  t.ok(rejections.active, 'unforced: no news')
  t.strictSame(rejections.refused(1, 11_000), { force: false })
  t.strictSame(rejections.refused(1, 10_000 + MINUTE), { force: true })
})

t.test('a credential that can only come back the same is never worth one', async (t) => {
  const rejections = new Rejections()
  t.strictSame(rejections.refused(1, 0, true), { force: false, pauseMs: 60_000 }, 'but it is told')
  t.strictSame(rejections.refused(1, 59_999, true), { force: false }, 'once')
  t.strictSame(
    rejections.refused(1, 60_000, true),
    { force: false, pauseMs: 120_000 },
    'in ever longer pauses',
  )
  t.equal(rejections.active, true)
})
