import t from 'tap'
import * as schedule from '../../src/credentials/schedule.ts'

const SECOND = 1_000
const DAY = 86_400 * SECOND
const jwt = (claims: unknown) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`

t.test(
  'a lifetime: from expires_in, else from the token, else five minutes, and at most a day',
  async (t) => {
    for (const [expiresIn, token, seconds] of [
      [300, 'opaque', 300],
      ['300', 'opaque', 300],
      [1, 'opaque', 1],
      [0.5, 'opaque', 0.5],
      [86_400, 'opaque', 86_400],
      [1e12, 'opaque', 86_400],
      [undefined, 'opaque', 300],
      [undefined, jwt({ iat: 1_000, exp: 1_060 }), 60],
      [undefined, jwt({ iat: '1000', exp: '1060' }), 60],
      [120, jwt({ iat: 1_000, exp: 1_060 }), 120],
      [undefined, jwt({ iat: 1_060, exp: 1_000 }), 300],
      [undefined, jwt({ exp: 1_000 }), 300],
      [undefined, jwt(null), 300],
      [undefined, 'not.json.either', 300],
      [-5, 'opaque', 300],
      ['soon', 'opaque', 300],
      ['', 'opaque', 300],
      [Number.POSITIVE_INFINITY, 'opaque', 300],
    ] as const) {
      t.equal(schedule.lifetimeMs(expiresIn, token), seconds * SECOND, `${expiresIn} ${token}`)
    }
  },
)

t.test('a timetable: renewed at 70 to 80 %, used until a margin before the end', async (t) => {
  for (const [lifetimeS, margin] of [
    [1, 0.1],
    [12, 1.2],
    [19, 1.9],
    [20, 2],
    [60, 3],
    [100, 5],
    [300, 10],
    [86_400, 10],
  ] as const) {
    const lifetime = lifetimeS * SECOND
    for (const random of [0, 0.5, 1]) {
      const { renewAt, usableUntil } = schedule.timetable(7, { lifetimeMs: lifetime }, random)
      t.equal(Math.round(renewAt), Math.round(7 + lifetime * (0.7 + 0.1 * random)), `${lifetimeS} s renewed`)
      t.equal(Math.round(usableUntil), Math.round(7 + lifetime - margin * SECOND), `${lifetimeS} s used`)
      t.ok(renewAt < usableUntil)
    }
  }
})

t.test('what may be replaced before its time is asked for sooner, and used as long', async (t) => {
  const early = { lifetimeMs: DAY, renewAfterMs: 60 * SECOND }
  t.strictSame(schedule.timetable(7, early, 0), {
    renewAt: 7 + 42 * SECOND,
    usableUntil: 7 + DAY - 10 * SECOND,
  })
  const late = { lifetimeMs: 20 * SECOND, renewAfterMs: 60 * SECOND }
  t.equal(schedule.timetable(7, late, 0).renewAt, 7 + 14 * SECOND, 'but not later than its end')
})

t.test('pauses: doubled, half of them drawn, and capped', async (t) => {
  const usable = [1, 2, 3, 4, 5, 6, 7].map((n) => schedule.retryWhileUsableMs(n, DAY, 1))
  t.same(
    usable,
    [1, 2, 4, 8, 16, 30, 30].map((s) => s * SECOND),
  )
  t.equal(schedule.retryWhileUsableMs(3, DAY, 0), 2 * SECOND, 'never below half')
  t.equal(schedule.retryWhileUsableMs(9, 6 * SECOND, 1), 2 * SECOND, 'a third of what is left')
  const early = [1, 2, 3, 4, 5].map((n) => schedule.retryWhileUnusableMs(n, 0, 1))
  t.same(
    early,
    [1, 2, 4, 5, 5].map((s) => s * SECOND),
  )
  t.equal(schedule.retryWhileUnusableMs(9, 60 * SECOND, 1), 30 * SECOND, 'after the first minute')
  t.same(
    [1, 2, 3, 4, 5, 6, 99].map((n) => schedule.retryAfterRefusalMs(n)),
    [30, 60, 120, 240, 480, 600, 600].map((s) => s * SECOND),
  )
  t.same(
    [1, 2, 3, 4, 5].map((n) => schedule.pauseAfterRejectionMs(n)),
    [60, 120, 240, 480, 600].map((s) => s * SECOND),
  )
  t.same(
    [1, 2, 3, 8].map((n) => schedule.pauseAfterForcingMs(n)),
    [5, 10, 20, 600].map((s) => s * SECOND),
  )
})
