// A fuzzer: requests of a grammar, changed at random, several on a connection, through the whole proxy to a cluster that
// records bytes. FUZZ_RUNS=50000 makes a long run of it, FUZZ_SEED repeats one; what it finds goes into test/corpus.
import fc from 'fast-check'
import t from 'tap'
import { bytesLab, CREDENTIAL, violations } from '../helpers/bytes-lab.ts'
import { cut, type Mutation, mutate, mutations } from '../helpers/mutations.ts'
import { targets } from '../helpers/targets.ts'

const RUNS = Number(process.env.FUZZ_RUNS ?? 250)
const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31)
/** So long it may look for a smaller example of what it found. */
const LIMIT_MS = 1_000 * Math.max(60, RUNS / 10)

const often = <T>(usual: T, ...others: T[]) =>
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )

const SMUGGLED = 'DELETE /v2/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n'
const method = fc.constantFrom(
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
)
const target = fc.oneof(
  { weight: 3, arbitrary: fc.nat(99).map((n) => `/v2/${n}`) },
  { weight: 1, arbitrary: targets },
  {
    weight: 1,
    arbitrary: fc.constantFrom('*', 'http://localhost/v2/x', '//v2/x', '/v1/x', '/v2/x?a=/..', 'v2/x'),
  },
)
const version = often('HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'RTSP/1.0', '')
const host = often('Host: localhost', 'Host: evil.example', 'Host: 127.1', 'Host:localhost:80', 'X-No: host')
const HARMLESS = [
  'Accept: */*',
  'X-A: b\xe9',
  'Via: 1.1 other',
  'Authorization: Bearer of-the-caller',
  'Cookie: a=b',
  'X-Forwarded-Host: evil.example',
  'Connection: Authorization, Host, Via, Content-Length, Transfer-Encoding',
  'Expect: 100-continue',
  'TE: trailers',
  'Connection: Upgrade\r\nUpgrade: h2c',
]
const LINES = [
  'Content-Length: 5',
  'Content-Length: 0',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 99999999999999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: xchunked',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: Upgrade',
  'Upgrade: h2c',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Host: localhost',
  'Origin: http://evil.example',
  'Proxy_Authorization: Basic x',
  'Trailer: Authorization',
  ' folded',
  ': nameless',
  'X-A: a\rb',
  'X-A: a\nAuthorization: b',
  'X-A: \0',
  'X-A: \xe9',
  '0',
  '5;a=b',
  '',
  'GET /v2/smuggled HTTP/1.1',
]
const header = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...HARMLESS) },
  { weight: 1, arbitrary: fc.constantFrom(...LINES) },
)
const headers = fc.array(header, { maxLength: 3 })
const content = fc.constantFrom('', 'hello', SMUGGLED, '0\r\n\r\n', '\r\n', `0\r\n\r\n${SMUGGLED}`)
const chunk = fc
  .tuple(content, often('', ';a', ';a=b', ' ', ';a="\n"'), fc.constantFrom('', '', '0', '000000000000000000'))
  .map(([data, extension, zeros]) =>
    data === '' ? '' : `${zeros}${data.length.toString(16)}${extension}\r\n${data}\r\n`,
  )
const trailers = often('', 'X-T: a\r\n', 'Authorization: b\r\n', 'Content-Length: 9\r\n', 'Host: evil\r\n')
/** A field that says how long the body is, and the body. */
const framed: fc.Arbitrary<[string[], string]> = fc.oneof(
  fc.constant<[string[], string]>([[], '']),
  content.map((body): [string[], string] => [[`Content-Length: ${body.length}`], body]),
  fc
    .tuple(fc.array(chunk, { maxLength: 3 }), trailers)
    .map(([chunks, tail]): [string[], string] => [
      ['Transfer-Encoding: chunked'],
      `${chunks.join('')}0\r\n${tail}\r\n`,
    ]),
)
const request = fc
  .tuple(method, target, version, host, headers, framed)
  .map(([verb, where, protocol, name, fields, [framing, body]]) =>
    [`${verb} ${where} ${protocol}`, name, ...fields, ...framing, '', body].join('\r\n'),
  )
const mutation = mutations('\r\n\0 \t:;,019aFg+-"=/.%#?\\\x0b\x7f\x80\xff', LINES)
const connection = fc.record({
  requests: fc.array(request, { minLength: 1, maxLength: 4 }),
  changes: fc.oneof(fc.constant<Mutation[]>([]), fc.array(mutation, { maxLength: 2 })),
  at: fc.array(fc.nat(), { maxLength: 2 }),
})

t.setTimeout(LIMIT_MS * 2)
t.test(`${RUNS} connections, FUZZ_SEED=${SEED}`, { timeout: LIMIT_MS * 2 }, async (t) => {
  const lab = await bytesLab(t)
  const cluster = { host: lab.cluster.host, token: CREDENTIAL }
  const seen = { requests: 0, answers: 0, refusals: 0, closed: 0 }
  await fc.assert(
    fc.asyncProperty(connection, async ({ requests, changes, at }) => {
      const bytes = changes.reduce(mutate, requests.join(''))
      const outcome = await lab.send(cut(bytes, at).map((piece) => piece.toString('latin1')))
      const wrong = violations(bytes, outcome, cluster)
      if (wrong.length > 0) throw new Error(wrong.join('\n'))
      seen.requests += outcome.seen.length
      seen.answers += outcome.answers.length
      seen.refusals += outcome.answers.filter(({ isClusters }) => !isClusters).length
      seen.closed += outcome.closed ? 1 : 0
    }),
    { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: LIMIT_MS, markInterruptAsFailure: true },
  )
  t.comment(JSON.stringify(seen))
  for (const [what, count] of Object.entries(seen)) t.ok(count > RUNS / 8, `${count} ${what}`)
})
