import t from 'tap'
import { parseCallers } from '../../src/config/callers.ts'

const HASH = 'c0ffee'.repeat(10).padEnd(64, '1')
const caller = (i: number, rest: object = {}) => ({
  name: `caller-${i}`,
  tokenHash: i.toString(16).padStart(64, '0'),
  ...rest,
})
const faults = (value: unknown) => {
  const result = parseCallers(value)
  return 'faults' in result ? result.faults : []
}
const many = (length: number, rest?: (i: number) => object) =>
  Array.from({ length }, (_, i) => caller(i, rest?.(i)))

t.test('what is whole is taken', async (t) => {
  t.strictSame(parseCallers({ callers: [] }), { callers: new Map() })
  t.strictSame(
    parseCallers({
      callers: [{ name: 'a', tokenHash: HASH, allow: ['* /mcp/**'], clusters: ['p', 'q', 'p'] }],
    }),
    {
      callers: new Map([
        [
          HASH,
          {
            name: 'a',
            tokenHash: HASH,
            allow: [{ methods: undefined, segments: ['mcp'], open: true }],
            clusters: new Set(['p', 'q']),
          },
        ],
      ]),
    },
  )
  const thousand = parseCallers({ callers: many(1_000) })
  t.equal('callers' in thousand && thousand.callers.size, 1_000)
})

t.test('what is no list of callers is told in one sentence', async (t) => {
  for (const value of [
    undefined,
    null,
    'callers',
    7,
    [],
    {},
    { callers: {} },
    { callers: null },
    { callers: [], more: 1 },
  ])
    t.strictSame(faults(value), ['expected callers: and a list of them, and nothing else'])
  t.strictSame(faults({ callers: many(1_001) }), ['callers: expected no more than 1,000 entries'])
})

t.test('everything that is wrong is said, where it is', async (t) => {
  t.match(
    faults({
      callers: [
        { name: 'same', tokenHash: HASH },
        { name: 'same', tokenHash: HASH.toUpperCase() },
        { name: 'bad name', tokenHash: HASH.slice(1) },
        { name: 'ok', tokenHash: 7, allow: ['GET /v2/**', 'get /v2', 7], clusters: ['a', '-b', null] },
        'reports',
        { ...caller(5), allows: [] },
        caller(6, { allow: [], clusters: [] }),
        caller(7, { allow: 'GET /v2/**', clusters: 'prod' }),
        caller(8, { allow: Array.from({ length: 101 }, () => 'GET /v2/x') }),
      ],
    }),
    [
      /^callers\[2\]\.name: expected a name of no more than 63 letters/,
      /^callers\[2\]\.tokenHash: expected the SHA-256 of the token: 64 hexadecimal digits in quotes$/,
      /^callers\[3\]\.tokenHash: expected the SHA-256/,
      /^callers\[3\]\.allow\[1\]: expected METHOD/,
      /^callers\[3\]\.allow\[2\]: expected a text$/,
      /^callers\[3\]\.clusters\[1\]: expected a name/,
      /^callers\[3\]\.clusters\[2\]: expected a text$/,
      /^callers\[4\]: expected a mapping with name, tokenHash, allow, clusters and no other keys$/,
      /^callers\[5\]: expected a mapping/,
      /^callers\[6\]\.allow: expected a list of 1 to 100 entries, or none at all for everything$/,
      /^callers\[6\]\.clusters: expected a list/,
      /^callers\[7\]\.allow: expected a list/,
      /^callers\[7\]\.clusters: expected a list/,
      /^callers\[8\]\.allow: expected a list of 1 to 100 entries/,
      /^callers\[1\]\.name: expected a name that no other entry has$/,
      /^callers\[1\]\.tokenHash: expected a token that no other entry has$/,
    ],
  )
})

t.test('a fault shows neither a digest nor anything else of the file', async (t) => {
  const shown = faults({
    callers: [
      { name: HASH, tokenHash: `${HASH}0` },
      { [HASH]: 'reports' },
      { name: 'secret name', tokenHash: 'secret', allow: [`GET /${HASH}`, HASH], clusters: [HASH] },
      { name: 'a', tokenHash: HASH },
      { name: 'a', tokenHash: HASH },
    ],
  }).join('\n')
  t.match(shown, 'callers[4].tokenHash')
  t.notMatch(shown, /c0ffee|secret/)
})

t.test('a file full of faults does not fill the log', async (t) => {
  const shown = faults({ callers: many(1_000, () => ({ allow: ['x', 'y'] })) })
  t.equal(shown.length, 21)
  t.equal(shown.at(-1), 'and 1980 more')
})
