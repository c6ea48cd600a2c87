import { writeFileSync } from 'node:fs'
import t from 'tap'
import { Secret } from '../../src/config/secrets.ts'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { acquire, failure, jwt, WALL } from '../helpers/source-lab.ts'

const DAY = 86_400_000
const now = () => WALL
const inS = (seconds: number) => WALL / 1_000 + seconds

t.test('a value: to its exp, and a day at most', async (t) => {
  for (const [token, lifetimeMs] of [
    ['opaque', DAY],
    [jwt({ exp: inS(600) }), 600_000],
    [jwt({ iat: inS(-3_000), exp: inS(600) }), 600_000],
    [jwt({ exp: String(inS(1)) }), 1_000],
    [jwt({ exp: inS(90_000) }), DAY],
    [jwt({ exp: 0 }), DAY],
    [jwt({ sub: 'x' }), DAY],
    [jwt(null), DAY],
    ['a.b.c', DAY],
  ] as const) {
    const source = bearerSource({ token: Secret.ofValue(token) }, { now })
    t.strictSame(await acquire(source), { headers: ['authorization', `Bearer ${token}`], lifetimeMs }, token)
    t.equal(source.fixed, true)
  }
})

t.test('a file: as long as a value, and it is read again within a minute', async (t) => {
  const path = `${t.testdir({})}/token`
  const source = bearerSource({ token: Secret.ofFile(path) }, { now })
  t.equal(source.fixed, false)
  const fingerprints = new Set<string>()
  for (const [token, lifetimeMs] of [
    ['opaque', DAY],
    [jwt({ exp: inS(600) }), 600_000],
    [jwt({ exp: inS(30) }), 30_000],
  ] as const) {
    writeFileSync(path, `${token}\n`)
    const headers = ['authorization', `Bearer ${token}`]
    t.strictSame(await acquire(source), { headers, lifetimeMs, renewAfterMs: 75_000 })
    fingerprints.add(await source.fingerprint())
  }
  t.equal(fingerprints.size, 3)
})

t.test('one that has ended is refused, and it is said since when and where it comes from', async (t) => {
  const path = `${t.testdir({})}/token`
  for (const [exp, since] of [
    [inS(0), '2030-01-01T00:00:00.000Z'],
    [inS(-3_600), '2029-12-31T23:00:00.000Z'],
    [1, '1970-01-01T00:00:01.000Z'],
  ] as const) {
    const token = jwt({ exp, sub: 'canary' })
    writeFileSync(path, token)
    for (const [secret, origin] of [
      [Secret.ofValue(token), 'settings'],
      [Secret.ofFile(path), `file ${path}`],
    ] as const) {
      t.strictSame(await failure(bearerSource({ token: secret }, { now }), [token, 'canary']), {
        code: 'token-expired',
        message: `The token from ${origin} expired at ${since}.`,
        refused: true,
      })
    }
  }
})

t.test('by default it is the time of the machine that counts', async (t) => {
  const inAMinute = Math.floor(Date.now() / 1_000) + 60
  const { lifetimeMs } = await acquire(bearerSource({ token: Secret.ofValue(jwt({ exp: inAMinute })) }))
  t.ok(lifetimeMs > 30_000 && lifetimeMs <= 60_000, `${lifetimeMs} ms`)
})
