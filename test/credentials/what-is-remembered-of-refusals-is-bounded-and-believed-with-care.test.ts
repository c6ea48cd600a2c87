import t from 'tap'
import {
  formatRefusals,
  MAX_REFUSALS_BYTES,
  parseRefusals,
  pauseLeftMs,
  type Refusal,
} from '../../src/credentials/refusals.ts'

const NOW = 1_800_000_000_000
const MINUTE = 60_000
const identity = (number: number) => String(number).padStart(43, 'x')
const refusal = (own: Partial<Refusal> = {}): Refusal => ({
  at: NOW - 10_000,
  notBefore: NOW + 20_000,
  times: 1,
  code: 'invalid_client',
  proof: 'salt.hash',
  ...own,
})
const kept = (entries: unknown) => [...parseRefusals(JSON.stringify({ version: 1, entries }), NOW)]

t.test('what was written is read', async (t) => {
  const refusals = new Map([
    [identity(1), refusal()],
    [identity(2), refusal({ times: 0, code: 'http-429', proof: '' })],
  ])
  t.strictSame(parseRefusals(formatRefusals(refusals), NOW), refusals)
})

t.test('the newest hundred, which fit into the file however long they are', async (t) => {
  const longest = { code: 'c'.repeat(64), proof: 'p'.repeat(128), times: Number.MAX_SAFE_INTEGER }
  const many = Array.from(
    { length: 250 },
    (_, i) => [identity(i), refusal({ at: NOW - i, ...longest })] as const,
  )
  const text = formatRefusals(new Map(many))
  t.strictSame(
    [...parseRefusals(text, NOW).keys()],
    many.slice(0, 100).map(([name]) => name),
  )
  t.ok(text.length < MAX_REFUSALS_BYTES)
})

t.test('a stranger’s words are not written', async (t) => {
  t.notMatch(formatRefusals(new Map([[identity(1), refusal({ code: 'a "quoted" secret' })]])), 'secret')
})

t.test('what is no such text is told apart', async (t) => {
  for (const text of [
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"version":2,"entries":{}}',
    '{"version":1,"entries":[]}',
  ])
    t.throws(() => parseRefusals(text, NOW), SyntaxError, text)
})

t.test('entries that make no sense are left out, the others are not', async (t) => {
  const bad: Record<string, unknown> = {
    short: refusal(),
    [identity(1)]: null,
    [identity(2)]: [],
    [identity(3)]: { ...refusal(), at: '0' },
    [identity(4)]: { ...refusal(), notBefore: 1e300 },
    [identity(5)]: { ...refusal(), times: -1 },
    [identity(6)]: { ...refusal(), code: 'two words' },
    [identity(7)]: { ...refusal(), proof: 'p'.repeat(129) },
  }
  for (const [name, value] of Object.entries(bad)) t.strictSame(kept({ [name]: value }), [], name)
  t.equal(kept({ ...bad, [identity(8)]: refusal() }).length, 1)
})

t.test('what is an hour old is forgotten, and what is an hour ahead as well', async (t) => {
  for (const [notBefore, count] of [
    [NOW - 59 * MINUTE, 1],
    [NOW - 60 * MINUTE, 0],
    [NOW + 60 * MINUTE, 0],
  ] as const)
    t.equal(kept({ [identity(1)]: refusal({ notBefore }) }).length, count, String(notBefore - NOW))
})

t.test('a pause is never longer than it was, nor than ten minutes', async (t) => {
  t.equal(pauseLeftMs(refusal(), NOW), 20_000)
  t.equal(pauseLeftMs(refusal(), NOW + 30_000), 0)
  t.equal(pauseLeftMs(refusal(), NOW - 30 * MINUTE), 30_000, 'the clock was set back')
  t.equal(pauseLeftMs(refusal({ notBefore: NOW + 50 * MINUTE }), NOW), 10 * MINUTE)
  t.equal(pauseLeftMs(refusal({ at: NOW + 1, notBefore: NOW }), NOW - 1), 0)
})
