import fc from 'fast-check'
import t from 'tap'
import { checkTarget } from '../../src/gateway/scope.ts'
import { below, targets } from '../helpers/targets.ts'

const decoded = (path: string) => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Where a lenient server ends up: decodes, cuts path parameters off, takes backslashes for slashes, resolves dots. */
function resolved(path: string): string {
  const stack: string[] = []
  for (const segment of path.replaceAll('\\', '/').split('/').slice(1)) {
    const name = segment.split(';')[0] ?? ''
    if (name === '..') stack.pop()
    else if (name !== '.' && name !== '') stack.push(name)
  }
  return `/${stack.join('/')}`
}

t.test(
  'however often it is decoded, and whatever a server does with dots, slashes and parameters',
  async (t) => {
    let passed = 0
    fc.assert(
      fc.property(targets, (raw) => {
        const result = checkTarget(raw)
        if (!('url' in result)) return
        passed++
        const path = result.url.split('?', 1)[0] ?? ''
        for (let reading = path, round = 0; round < 8; reading = decoded(reading), round++) {
          if (!/^\/v2(\/|$)/.test(resolved(reading))) throw new Error(`${raw} leads to ${resolved(reading)}`)
          // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
          if (/[\u0000-\u001f\u007f\\]/.test(reading))
            throw new Error(`${raw} holds a control character or a backslash`)
        }
      }),
      { numRuns: 20_000 },
    )
    t.ok(passed > 1_000, `${passed} passed the check`)
  },
)

t.test('what passes is what was sent, a doubled prefix apart', async (t) => {
  fc.assert(
    fc.property(below, fc.string(), (path, query) => {
      const result = checkTarget(`${path}?${query}`)
      if (!('url' in result)) return
      if (!`${path}?${query}`.endsWith(result.url.slice('/v2'.length)))
        throw new Error(`${path} became ${result.url}`)
    }),
    { numRuns: 5_000 },
  )
  t.pass()
})
