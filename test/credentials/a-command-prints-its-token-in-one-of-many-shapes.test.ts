import t from 'tap'
import { printedToken } from '../../src/credentials/printed-token.ts'
import { WALL } from '../helpers/source-lab.ts'

const HOUR = 3_600_000
const inAnHour = WALL + HOUR
const iso = new Date(inAnHour).toISOString()

t.test('the token alone, with or without a line break, or quoted as JSON quotes', async (t) => {
  for (const output of ['canary', 'canary\n', '\r\n canary\r\n', '"canary"\n']) {
    t.strictSame(printedToken(output, WALL), { token: 'canary', expiresAt: undefined }, output)
  }
})

t.test('objects of JSON, with the end that they name', async (t) => {
  const shapes: [string, unknown][] = [
    ['kubernetes', { kind: 'ExecCredential', status: { token: 'canary', expirationTimestamp: iso } }],
    ['an OAuth server', { access_token: 'canary', token_type: 'Bearer', expires_in: 3_600 }],
    ['an OAuth server that writes numbers as text', { access_token: 'canary', expires_in: '3600' }],
    ['az', { accessToken: 'canary', expiresOn: 'another day', expires_on: inAnHour / 1_000 }],
    ['az before it had expires_on', { accessToken: 'canary', expiresOn: localTime(inAnHour) }],
    ['azd', { token: 'canary', expiresOn: iso }],
    ['aws sso', { accessToken: 'canary', expiresAt: iso }],
    ['seconds', { token: 'canary', expires_at: inAnHour / 1_000 }],
    ['milliseconds', { token: 'canary', expires_at: inAnHour }],
    ['a date', { token: 'canary', expirationTimestamp: iso }],
    ['a date in another zone', { token: 'canary', expires_at: '2030-01-01T03:00:00+02:00' }],
  ]
  for (const [who, shape] of shapes) {
    for (const output of [JSON.stringify(shape), `\n${JSON.stringify(shape, null, 2)}\n`]) {
      t.strictSame(printedToken(output, WALL), { token: 'canary', expiresAt: inAnHour }, who)
    }
  }
})

t.test('an end that says nothing is none, and one in the past is one', async (t) => {
  for (const end of ['soon', '', 'May 1', null, true, {}, []]) {
    const output = JSON.stringify({ token: 'canary', expires_at: end, expires_in: end })
    t.strictSame(printedToken(output, WALL), { token: 'canary', expiresAt: undefined }, output)
  }
  for (const seconds of [0, -60]) {
    const output = JSON.stringify({ token: 'canary', expires_in: seconds })
    t.strictSame(printedToken(output, WALL), { token: 'canary', expiresAt: WALL + seconds * 1_000 })
  }
})

t.test('JSON without a token holds none', async (t) => {
  for (const value of [
    {},
    { token: 7 },
    { token: null },
    { status: {}, token: 'canary' },
    { id: 'canary' },
  ]) {
    t.equal(printedToken(JSON.stringify(value), WALL), undefined, JSON.stringify(value))
  }
  for (const output of ['{', '{canary}', '"canary', '{"token":"canary"} and more']) {
    t.equal(printedToken(output, WALL), undefined, output)
  }
})

/** As Python prints a date and time of this machine's zone. */
function localTime(at: number): string {
  const date = new Date(at - new Date(at).getTimezoneOffset() * 60_000)
  return date.toISOString().replace('T', ' ').replace('Z', '000')
}
