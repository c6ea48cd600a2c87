import t from 'tap'
import { claimsOf } from '../../src/credentials/claims.ts'

const token = (payload: string) => `e30.${Buffer.from(payload).toString('base64url')}.c2ln`
const claims = (payload: unknown) => claimsOf(['authorization', `Bearer ${token(JSON.stringify(payload))}`])

t.test('what a JWT says', async (t) => {
  t.strictSame(claims({ iss: 'x', exp: 5, ok: true, aud: ['a', 'b'], realm: { roles: ['r'] } }), {
    iss: 'x',
    exp: 5,
    ok: true,
    aud: 'a, b',
    realm: '{"roles":["r"]}',
  })
})

t.test('of what somebody could use, only that it is there', async (t) => {
  const hidden = { jti: 1, sid: 's', client_secret: 'x', nested: { a: 'eyJhbGciOiJub25lIn0.e30.' } }
  t.same(Object.values(claims(hidden) ?? {}), Array(4).fill('(not shown)'))
})

t.test('no more than fits', async (t) => {
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`c${i}`, 1]))
  t.equal(Object.keys(claims(many) ?? {}).length, 30)
  t.equal(String(claims({ a: 'x'.repeat(500) })?.a).length, 201)
  t.equal(claims({ a: 'line\nand \u202e override' })?.a, 'line and   override')
  t.equal(claims({ a: 'x'.repeat(9_000) }), undefined)
  t.strictSame(Object.keys(claims(JSON.parse('{"__proto__":1,"b":2}')) ?? {}), ['__proto__', 'b'])
})

t.test('nothing of anything else', async (t) => {
  for (const payload of ['[1]', 'null', '"x"', '{', '']) {
    t.equal(claimsOf(['authorization', `Bearer ${token(payload)}`]), undefined, payload)
  }
  for (const headers of [
    [],
    ['cookie', 'a=e30.e30.e30'],
    ['authorization', 'Basic e30.e30.e30'],
    ['authorization', 'Bearer opaque'],
  ])
    t.equal(claimsOf(headers), undefined)
})
