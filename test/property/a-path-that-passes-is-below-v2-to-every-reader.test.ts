// The readers are those of test/helpers/bytes-lab.ts, one after another in any order: decoding, overlong UTF-8, `%uXXXX`,
// backslashes for slashes, path parameters cut off, compatible characters folded (NFKC), the Web's own resolution.
import fc from 'fast-check'
import t from 'tap'
import { checkTarget } from '../../src/gateway/scope.ts'
import { targetFault } from '../helpers/bytes-lab.ts'
import { HOSTILE } from '../helpers/targets.ts'

const FULL_WIDTH = [
  '%ef%bc%8e',
  '%ef%bc%8f',
  '%ef%bc%bc',
  '%ef%bc%85',
  '%e2%80%a5',
  '%e2%80%a4',
  '%ef%bc%85252e',
]
const FALSE = [
  '%c0%ae',
  '%25c0%25ae',
  '%c0%af',
  '%25c0%25af',
  '%e0%80%ae',
  '%25e0%2580%25ae',
  '%u002e',
  '%25u002e',
  '%25u002f',
]
const piece = fc.constantFrom(...HOSTILE, ...FULL_WIDTH, ...FALSE, 'x', 'v2', '/', '.', '2e', '%2', '5c')
const target = fc.array(piece, { maxLength: 10 }).map((pieces) => `/v2/${pieces.join('')}`)

t.test('in whatever order it is read', async (t) => {
  const seen = { passed: 0, folded: 0 }
  fc.assert(
    fc.property(target, (raw) => {
      const result = checkTarget(raw)
      if (!('url' in result)) return
      seen.passed++
      if (/%e[f2]/i.test(result.url)) seen.folded++
      const fault = targetFault(result.url)
      if (fault !== undefined) throw new Error(fault)
    }),
    { numRuns: 6_000 },
  )
  t.ok(seen.passed > 300 && seen.folded > 50, JSON.stringify(seen))
})

t.test('names in other scripts pass', async (t) => {
  for (const name of ['日本語', 'Ｆｕｌｌ', '100％', 'a．b', '１／２', 'é', 'e\u0301', '…', 'ﬁ', '℃'])
    t.match(checkTarget(`/v2/documents/${encodeURIComponent(name)}`), { api: 'v2' }, name)
})
