import fc from 'fast-check'
import t from 'tap'
import { callerPath } from '../../src/config/apis.ts'
import { compilePolicy } from '../../src/gateway/policy.ts'
import { checkTarget } from '../../src/gateway/scope.ts'

const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE')
const WORDS = [
  'process-instances',
  'search',
  'statistics',
  'jobs',
  'users',
  'a@b.c',
  '100%',
  'é',
  'x;y',
  'a/b',
  '1',
]
const words = fc.array(fc.constantFrom(...WORDS), { minLength: 1, maxLength: 5 })
const rule = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'GET,POST', '*'),
    fc.array(fc.constantFrom('*', 'process-instances', 'search', 'jobs', 'users', 'a%40b.c', '100%25'), {
      maxLength: 4,
    }),
    fc.boolean(),
  )
  .map(([methods, segments, open]) => `${methods} /${['v2', ...segments, ...(open ? ['**'] : [])].join('/')}`)
const policy = fc.record({ readOnly: fc.boolean(), allow: fc.array(rule, { maxLength: 4 }) })

const utf8 = new TextEncoder()
/** A segment with every character escaped for which the bits, read round and round, say so, and whatever must be. */
function spelled(text: string, bits: readonly boolean[]): string {
  return [...text]
    .map((character, i) => {
      if (/[\w.@-]/.test(character) && bits[i % bits.length] !== true) return character
      return [...utf8.encode(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
    })
    .join('')
}
const bits = fc.array(fc.boolean(), { minLength: 1, maxLength: 12 })
const front = fc.constantFrom('/v2/', '//v2/', '/v2/v2/', '/v2//v2/')

t.test('escaped or not, with a prefix once or twice, with a query or without', async (t) => {
  const verdicts = new Map<string | undefined, number>()
  fc.assert(
    fc.property(
      policy,
      method,
      words,
      bits,
      front,
      fc.constantFrom('', '?', '?x=/search'),
      (rules, verb, ...rest) => {
        const [segments, escapes, prefix, query] = rest
        const judge = compilePolicy(rules)
        const target = checkTarget(prefix + segments.map((text) => spelled(text, escapes)).join('/') + query)
        if (!('url' in target)) throw new Error(`${target.detail}`)
        const expected = judge(verb, 'v2', `/v2/${segments.map((text) => spelled(text, [false])).join('/')}`)
        verdicts.set(expected, (verdicts.get(expected) ?? 0) + 1)
        const given = judge(verb, target.api, callerPath(target.api, target.url))
        if (given !== expected) throw new Error(`${target.url}: ${given}, not ${expected}`)
      },
    ),
    { numRuns: 20_000 },
  )
  for (const verdict of [undefined, 'read-only', 'not-in-scope'])
    t.ok((verdicts.get(verdict) ?? 0) > 1_000, String(verdict))
})

const hostile = fc
  .array(
    fc.constantFrom(
      ...['/', '//', '%2f', '%252f', '%25%32%66', ';', '%3b', '%253b', '%', '%e4', '%25e4', '%25', '?'],
      ...['search', 'statistics', 'jobs', 'users', '%73earch', 'x', '1', '/jobs/', '/users/'],
    ),
    { maxLength: 9 },
  )
  .map((list) => `/v2${list.join('')}`)

/** The segments that a server sees who decodes so often, cuts parameters off or not, and merges slashes. */
function reading(path: string, decodings: number, cut: boolean): readonly string[] {
  let text = path.split('?', 1)[0] ?? ''
  for (let i = 0; i < decodings; i++)
    text = text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  const segments = text.split('/').map((segment) => (cut ? segment.split(';')[0] : segment) ?? '')
  return segments.filter((segment) => segment !== '')
}

t.test('what passes a rule fits it in whatever way a server reads it', async (t) => {
  const judge = compilePolicy({ readOnly: false, allow: ['POST /v2/jobs/*/search', 'POST /v2/users/**'] })
  let passed = 0
  fc.assert(
    fc.property(hostile, (path) => {
      if (judge('POST', 'v2', path) !== undefined) return
      passed++
      for (let decodings = 1; decodings < 5; decodings++) {
        for (const cut of [false, true]) {
          const [, first, ...rest] = reading(path, decodings, cut)
          const fits = first === 'users' || (first === 'jobs' && rest.length === 2 && rest[1] === 'search')
          if (!fits) throw new Error(`${path} is read as ${first}/${rest.join('/')}`)
        }
      }
    }),
    { numRuns: 40_000 },
  )
  t.ok(passed > 500, `${passed} passed`)
})
