import fc from 'fast-check'
import t from 'tap'
import { headersDown, headersUp } from '../../src/upstream/headers.ts'

const NEVER_UP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
  'expect',
  'host',
  'authorization',
  'cookie',
  'x-csrf-token',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-whatever',
  'x-camunda-proxy-token',
]
const NEVER_DOWN = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'access-control-allow-origin',
  'access-control-anything',
]
const FREE = [
  'accept',
  'content-type',
  'content-length',
  'x-a',
  'x-b',
  'via',
  'set-cookie',
  'traceparent',
  'constructor',
  '__proto__',
]

const spelled = (names: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...names), fc.boolean())
    .map(([name, upper]) => (upper ? name.toUpperCase() : name))
const value = fc.oneof(
  fc.string(),
  fc.constantFrom('close', 'X-A, x-b', 'authorization, content-type', 'keep-alive,,x-a ,'),
)
const list = fc.array(fc.tuple(spelled([...NEVER_UP, ...NEVER_DOWN, ...FREE]), value), { maxLength: 20 })

const pairs = (flat: readonly string[]) =>
  Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] ?? '', flat[2 * i + 1] ?? ''] as const)

function expected(sent: readonly (readonly [string, string])[], never: (name: string) => boolean) {
  const named = sent
    .filter(([name]) => name.toLowerCase() === 'connection')
    .flatMap(([, options]) => options.split(',').map((option) => option.trim().toLowerCase()))
  return sent.filter(([name]) => !never(name.toLowerCase()) && !named.includes(name.toLowerCase()))
}

t.test('up: what may pass does, in order and spelling, and our Via comes last', async (t) => {
  fc.assert(
    fc.property(list, (sent) => {
      const passed = pairs(headersUp(sent.flat(), 'this-proxy'))
      const never = (name: string) => NEVER_UP.includes(name) || name.startsWith('x-forwarded-')
      t.strictSame(
        passed.slice(0, -1),
        expected(sent, never).map(([name, value]) => [name, value]),
      )
      t.strictSame(passed.at(-1), ['via', '1.1 this-proxy'])
    }),
    { numRuns: 500 },
  )
})

t.test('down: the same, without CORS', async (t) => {
  const address = { origin: 'https://cluster.example', basePath: '' }
  const back = { address, mount: '', root: undefined, hasSession: false }
  fc.assert(
    fc.property(list, (sent) => {
      const passed = pairs(headersDown(sent.flat(), back))
      const dropped = [...NEVER_DOWN, 'http2-settings', 'proxy-authorization']
      const never = (name: string) => dropped.includes(name) || name.startsWith('access-control-')
      t.strictSame(
        passed,
        expected(sent, never).map(([name, value]) => [name, value]),
      )
    }),
    { numRuns: 500 },
  )
})
