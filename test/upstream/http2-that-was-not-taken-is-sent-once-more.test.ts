import t, { type Test } from 'tap'
import { gatewayTo, http2Lab, identity } from '../helpers/http2-lab.ts'
import { type RawStream, rawHttp2 } from '../helpers/raw-http2.ts'
import { until } from '../helpers/until.ts'

/** RFC 9113 section 7. */
const [NO_ERROR, INTERNAL_ERROR, REFUSED_STREAM] = [0, 2, 7] as const

const whole = (stream: RawStream) => {
  stream.head()
  stream.data('whole', true)
}

/** A cluster that answers its first request, and does each of these to one of the next; then it answers all. */
async function lab(t: Test, ...acts: ((stream: RawStream) => void)[]) {
  let requests = 0
  const cluster = await rawHttp2(t, identity, (stream) => (acts[requests++ - 1] ?? whole)(stream))
  const { url, defects } = await gatewayTo(t, cluster.port)
  const ask = async (method = 'GET', body?: string) => {
    const init = { method, ...(body !== undefined && { body }) }
    const answer = await fetch(`${url}/v2/x`, init)
    return { status: answer.status, text: await answer.text() }
  }
  t.match(await ask(), { status: 200, text: 'whole' })
  return { ask, defects, connections: cluster.connections, requests: () => requests - 1 }
}

t.test('a stream that is refused: whatever its method, on the connection as it is', async (t) => {
  for (const [method, body] of [['GET'], ['POST', '{}'], ['DELETE']] as const) {
    const { ask, requests, connections } = await lab(t, (stream) => stream.reset(REFUSED_STREAM))
    t.match(await ask(method, body), { status: 200, text: 'whole' }, method)
    t.equal(requests(), 2)
    t.equal(connections(), 1)
  }
})

t.test(
  'but not twice, nor when its body is not at hand any more, nor once it has been answered',
  async (t) => {
    const refuse = (stream: RawStream) => stream.reset(REFUSED_STREAM)
    const twice = await lab(t, refuse, refuse)
    t.match(await twice.ask(), { status: 502, text: /did not take the request/ })
    t.equal(twice.requests(), 2)
    const large = await lab(t, (stream) => setTimeout(() => stream.reset(REFUSED_STREAM), 1_000))
    t.equal((await large.ask('POST', 'x'.repeat(200_000))).status, 502)
    t.equal(large.requests(), 1)
    const begun = await lab(t, (stream) => {
      stream.head()
      stream.data('half')
      refuse(stream)
    })
    await t.rejects(begun.ask())
    t.equal(begun.requests(), 1)
  },
)

t.test('a stream above the last that was taken: whatever its method, on a new connection', async (t) => {
  for (const code of [NO_ERROR, INTERNAL_ERROR])
    for (const [method, body] of [['GET'], ['POST', '{}']] as const) {
      const { ask, requests, connections } = await lab(t, (stream) => stream.goAway(1, code))
      t.match(await ask(method, body), { status: 200, text: 'whole' }, `${method}, ${code}`)
      t.equal(requests(), 2)
      t.equal(connections(), 2)
    }
})

t.test('a stream that was taken before an error: only if it is safe', async (t) => {
  for (const [method, status] of [
    ['GET', 200],
    ['POST', 502],
  ] as const) {
    const { ask, requests } = await lab(t, (stream) => stream.goAway(stream.id, INTERNAL_ERROR))
    t.equal((await ask(method)).status, status, method)
    t.equal(requests(), status === 200 ? 2 : 1)
  }
})

t.test('a connection that ends as it is used again: only what is safe, and only once', async (t) => {
  const cut = (stream: RawStream) => stream.cut()
  for (const method of ['GET', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE']) {
    const isSafe = ['GET', 'OPTIONS'].includes(method)
    const { ask, requests } = await lab(t, cut)
    t.equal((await ask(method)).status, isSafe ? 200 : 502, method)
    t.equal(requests(), isSafe ? 2 : 1, method)
  }
  const twice = await lab(t, cut, cut)
  t.match(await twice.ask(), { status: 502, text: /broke off/ })
  t.equal(twice.requests(), 2, 'the second connection was fresh')
  const begun = await lab(t, (stream) => {
    stream.head()
    stream.data('half')
    cut(stream)
  })
  await t.rejects(begun.ask())
  t.equal(begun.requests(), 1)
})

t.test('a server whose connections never last is given up', async (t) => {
  let sessions = 0
  const { url, server } = await http2Lab(t, () => {})
  server.on('session', (session) => {
    sessions++
    session.goaway(NO_ERROR)
    session.close()
  })
  const answer = await fetch(`${url}/v2/x`)
  t.equal(answer.status, 502)
  const before = sessions
  await new Promise((resolve) => setTimeout(resolve, 50))
  t.equal(sessions, before, 'nobody goes on trying')
  await until(() => sessions <= 64, 'it was tried a few times')
})
