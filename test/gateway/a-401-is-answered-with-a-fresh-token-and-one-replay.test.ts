import t from 'tap'
import type { Answer } from '../helpers/fake-cluster.ts'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, json } from '../helpers/fake-idp.ts'
import { runProxy, setUp } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

/** A cluster that refuses the given tokens. */
const refusing =
  (revoked: Set<string>): Answer =>
  (request, response) => {
    const refused = revoked.has(request.headers.authorization ?? '')
    response.writeHead(refused ? 401 : 200, {
      'content-type': 'application/json',
      ...(refused ? { 'www-authenticate': 'Bearer' } : {}),
    })
    response.end(refused ? '{"message":"refused by the cluster"}' : request.body)
  }

const bodies: [string, RequestInit][] = [
  ['no body', { method: 'GET' }],
  ['an empty body', { method: 'POST', body: '' }],
  ['a small body', { method: 'POST', body: '{"key":2251799813685249123}' }],
  ['a body just within the limit', { method: 'PUT', body: 'x'.repeat(256 * 1024) }],
]

for (const [what, init] of bodies) {
  t.test(`a request with ${what} is sent again whole`, async (t) => {
    const revoked = new Set<string>()
    const { proxy, cluster, idp } = await setUp(t, { answer: refusing(revoked) })
    revoked.add('Bearer token-1')
    const answer = await fetch(`${proxy.url}/v2/x`, init)
    t.equal(answer.status, 200, 'the caller sees no 401')
    t.equal(await answer.text(), init.body ?? '')
    t.strictSame(
      cluster.seen.map((request) => request.headers.authorization),
      ['Bearer token-1', 'Bearer token-2'],
    )
    t.equal(String(cluster.seen[1]?.body), String(cluster.seen[0]?.body))
    t.equal(idp.requests.length, 2)
  })
}

t.test('a body of unknown length', async (t) => {
  const revoked = new Set(['Bearer token-1'])
  const { proxy, cluster } = await setUp(t, { answer: refusing(revoked) })
  const body = new ReadableStream({
    start(controller) {
      for (const piece of ['one', 'two', 'three']) controller.enqueue(Buffer.from(piece))
      controller.close()
    },
  })
  const answer = await fetch(`${proxy.url}/v2/x`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  t.equal(await answer.text(), 'onetwothree')
  t.equal(cluster.seen.length, 2)
})

t.test('many callers at once cost one renewal', async (t) => {
  const revoked = new Set<string>()
  const { proxy, idp } = await setUp(t, { answer: refusing(revoked) })
  revoked.add('Bearer token-1')
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) => fetch(`${proxy.url}/v2/x`, { method: 'POST', body: `${i}` })),
  )
  t.strictSame(
    await Promise.all(answers.map((answer) => answer.text())),
    Array.from({ length: 50 }, (_, i) => `${i}`),
  )
  t.equal(idp.requests.length, 2)
})

t.test(
  'a body that is too large to keep: the 401 passes untouched, and the next call succeeds',
  async (t) => {
    const revoked = new Set<string>()
    const { proxy, cluster, idp } = await setUp(t, { answer: refusing(revoked) })
    revoked.add('Bearer token-1')
    const answer = await fetch(`${proxy.url}/v2/x`, { method: 'POST', body: Buffer.alloc(8 * 1024 * 1024) })
    t.equal(answer.status, 401)
    t.equal(answer.headers.get('www-authenticate'), 'Bearer')
    t.equal(await answer.text(), '{"message":"refused by the cluster"}')
    t.equal(cluster.seen.length, 1)
    await until(() => proxy.app.keeper?.current()?.generation === 2, 'the renewal has come')
    t.equal((await fetch(`${proxy.url}/v2/x`)).status, 200)
    t.equal(idp.requests.length, 2)
  },
)

t.test('a 401 that comes before the upload has ended', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const received: number[] = []
  const cluster = await streamingCluster((request, response) => {
    if (request.headers.authorization === 'Bearer token-1') {
      response.writeHead(401, { 'content-type': 'text/html' })
      return response.end('<h1>401</h1>')
    }
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    return request.on('end', () => {
      received.push(bytes)
      response.end('taken')
    })
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  let send: (bytes: number) => void = () => {}
  const body = new ReadableStream({
    start(controller) {
      send = (bytes) => (bytes === 0 ? controller.close() : controller.enqueue(Buffer.alloc(bytes)))
    },
  })
  send(1_000)
  const call = fetch(`${proxy.url}/v2/documents`, { method: 'POST', body, duplex: 'half' } as RequestInit)
  await until(() => cluster.begun() === 2, 'the second attempt has begun')
  send(2_000)
  send(0)
  const answer = await call
  t.equal(await answer.text(), 'taken')
  t.strictSame(received, [3_000], 'what was kept and what came later make the whole')

  const large = await fetch(`${proxy.url}/v2/documents`, { method: 'POST', body: Buffer.alloc(8_000_000) })
  t.equal(await large.text(), 'taken')
})

t.test('a 401 stands if no other token is to be had, and if another is refused as well', async (t) => {
  const { proxy, cluster, idp } = await setUp(t, {
    answer(_request, response) {
      response.writeHead(401, { 'content-type': 'application/problem+json' })
      response.end('{"title":"Unauthorized"}')
    },
  })
  idp.answerWith((_request, response) => json(response, 503, {}))
  const first = await fetch(`${proxy.url}/v2/x`)
  t.equal(first.status, 401, 'the provider is down')
  t.equal(await first.text(), '{"title":"Unauthorized"}')
  t.equal(cluster.seen.length, 1)
})

t.test('a cluster that refuses every token is not stormed, nor is the provider', async (t) => {
  const { proxy, cluster, idp } = await setUp(t, {
    answer(_request, response) {
      response.writeHead(401).end('no')
    },
  })
  for (let i = 0; i < 20; i++) t.equal((await fetch(`${proxy.url}/v2/x`)).status, 401)
  t.equal(idp.requests.length, 2, 'one renewal was worth a try')
  t.equal(cluster.seen.length, 21, 'and one replay')
  t.equal(proxy.app.keeper?.status().state, 'rejected')
  t.match(proxy.log(), 'the cluster refuses even a fresh token')
})
