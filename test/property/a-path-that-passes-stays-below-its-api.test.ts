import fc from 'fast-check'
import t from 'tap'
import { type ApiName, apiNames, apis } from '../../src/config/apis.ts'
import { checkTarget, type Target } from '../../src/gateway/scope.ts'
import { HOSTILE } from '../helpers/targets.ts'

const FRONTS = apiNames.map((name) => apis[name].at.replace('**', '').replace('{id}', 'risk'))
/** What the address of every API stays below, each with a base path in front. */
const MOUNTED: Readonly<Record<ApiName, RegExp>> = {
  v2: /^\/base\/v2(?:\/|$)/,
  v1: /^\/base\/v1(?:\/|$)/,
  cluster: /^\/base\/cluster\/v2(?:\/|$)/,
  'physical-tenants': /^\/base\/physical-tenants\/[\w-]+\/v2(?:\/|$)/,
  mcp: /^\/base\/mcp(?:\/|$)/,
  operate: /^\/base\/v1(?:\/|$)/,
  tasklist: /^\/base\/v1(?:\/|$)/,
  optimize: /^\/base\/api(?:\/|$)/,
  administration: /^\/base(?:\/|$)/,
}
const WORDS = [
  ...['x', 'v1', 'v2', 'api', 'a', 'prod', 'clusters', 'cluster', 'physical-tenants', 'risk', 'mcp'],
  ...[
    'operate',
    'tasklist',
    'optimize',
    'administration',
    '/v2',
    '/v1',
    '/api',
    '/clusters/',
    '/a',
    '/prod/',
  ],
]
const piece = fc.constantFrom(...HOSTILE, '%25%32%66', ...WORDS)
const pieces = (maxLength: number) => fc.array(piece, { maxLength }).map((list) => list.join(''))
/** Segments that need no escape, which the quick way through the check is for. */
const plain = fc.array(fc.constantFrom('x', 'v2', 'a.b', '.', '..', '...', '.x', ''), { maxLength: 4 })
const selector = fc.constantFrom('', '', '/clusters/prod', '//clusters//a/', '/clusters/nobody')
const target = fc.oneof(
  pieces(14).map((rest) => `/${rest}`),
  fc.tuple(fc.constantFrom(...FRONTS), plain).map(([front, segments]) => front + segments.join('/')),
  fc.tuple(selector, fc.constantFrom(...FRONTS), pieces(10)).map((parts) => parts.join('')),
  fc
    .tuple(
      selector,
      fc.constantFrom('/physical-tenants/', '/operate/', '/cluster/', '/administration'),
      pieces(8),
    )
    .map((parts) => parts.join('')),
)
const everything = new Set(apiNames)
const served = (cluster: string | undefined) =>
  cluster === undefined || cluster === 'prod' || cluster === 'a' ? everything : undefined

const decoded = (path: string) => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** Where a lenient server ends up: cuts path parameters off, takes backslashes for slashes, resolves dots. */
function resolved(path: string): string {
  const stack: string[] = []
  for (const segment of path.replaceAll('\\', '/').split('/').slice(1)) {
    const name = segment.split(';')[0] ?? ''
    if (name === '..') stack.pop()
    else if (name !== '.' && name !== '') stack.push(name)
  }
  return `/${stack.join('/')}`
}

const pathOf = (url: string) => url.split('?', 1)[0] ?? ''
const passed = (result: Target) => ('url' in result ? result : undefined)

t.test('and below the base path of its address, however often it is decoded', async (t) => {
  const seen = new Map<ApiName, number>()
  fc.assert(
    fc.property(target, (raw) => {
      const result = passed(checkTarget(raw, served))
      if (result === undefined) return
      seen.set(result.api, (seen.get(result.api) ?? 0) + 1)
      if (!/^\/(?!\/)/.test(result.url)) throw new Error(`${raw} became ${result.url}`)
      for (
        let reading = `/base${pathOf(result.url)}`, round = 0;
        round < 8;
        reading = decoded(reading), round++
      ) {
        if (!MOUNTED[result.api].test(resolved(reading)))
          throw new Error(`${raw} leads to ${resolved(reading)}`)
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
        if (/[\u0000-\u001f\u007f\\]/.test(reading)) throw new Error(`${raw} holds what it must not`)
      }
    }),
    { numRuns: 40_000 },
  )
  for (const name of apiNames) t.ok((seen.get(name) ?? 0) > 100, `${seen.get(name)} of ${name} passed`)
})

t.test('what passes ends as it was sent, and passes again as what it became', async (t) => {
  fc.assert(
    fc.property(target, fc.string(), (raw, query) => {
      const result = passed(checkTarget(`${raw}?${query}`, served))
      if (result === undefined) return
      const { api, url, cluster } = result
      if (!url.endsWith(`?${raw.includes('?') ? `${raw.slice(raw.indexOf('?') + 1)}?` : ''}${query}`))
        throw new Error(`the query of ${raw} was changed`)
      const again = `${cluster === undefined ? '' : `/clusters/${cluster}`}${apis[api].ownAddress ? `/${api}` : ''}${url}`
      const second = passed(checkTarget(again, served))
      if (second?.url !== url || second.api !== api || second.cluster !== cluster)
        throw new Error(`${raw} became ${again}, which became ${second?.url}`)
    }),
    { numRuns: 10_000 },
  )
  t.pass()
})

t.test('what is not served is never reached, and another cluster neither', async (t) => {
  fc.assert(
    fc.property(target, fc.subarray(apiNames), (raw, names) => {
      const result = passed(checkTarget(raw, (cluster) => (cluster === 'prod' ? new Set(names) : undefined)))
      if (result === undefined) return
      if (result.cluster !== 'prod') throw new Error(`${raw} reached another cluster`)
      if (result.api !== 'v2' && !names.includes(result.api)) throw new Error(`${raw} reached ${result.api}`)
    }),
    { numRuns: 10_000 },
  )
  t.pass()
})
