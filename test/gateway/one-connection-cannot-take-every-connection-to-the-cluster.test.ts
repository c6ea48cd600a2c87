import type { AddressInfo } from 'node:net'
import t from 'tap'
import { waitingOn } from '../../src/gateway/hang-up.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { streamingCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'
import { openSocket, requestHead } from '../helpers/raw-http.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const DEPTH = 1_000
const AT_ONCE = 64

t.test('a thousand pipelined requests', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const held: (() => void)[] = []
  let holds = true
  let most = 0
  const cluster = await streamingCluster((request, response) => {
    request.resume()
    most = Math.max(most, cluster.open())
    const answer = () => response.end(`${request.method} ${request.url};`)
    if (holds) held.push(answer)
    else answer()
  })
  t.teardown(() => cluster.close())
  const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
  const socket = await openSocket(proxy.port)
  t.teardown(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const methods = Array.from({ length: DEPTH }, (_, i) => (i % 3 === 0 ? 'POST' : 'GET'))
  const requests = methods.map((method, i) =>
    method === 'POST'
      ? `${requestHead(method, `/v2/${i}`, ['Content-Length: 4'])}body`
      : requestHead(method, `/v2/${i}`),
  )
  socket.write(requests.join(''))
  await until(() => held.length === AT_ONCE, 'as many as may be are under way')
  const other = fetch(`${proxy.url}/v2/other`)
  await until(() => held.length === AT_ONCE + 1, 'another caller has come through meanwhile')
  held.pop()?.()
  t.equal((await other).status, 200)
  holds = false
  for (const answer of held) answer()
  const last = `${methods.at(-1)} /v2/${DEPTH - 1};`
  await until(() => text.endsWith(last), 'the last is answered')
  const answers = text.match(/(?:GET|POST) \/v2\/\d+;/g)
  t.strictSame(
    answers,
    methods.map((method, i) => `${method} /v2/${i};`),
    'all are answered, in order',
  )
  t.ok(most <= AT_ONCE + 1, `${most} at once`)

  text = ''
  socket.write(requestHead('GET', '/v2/afterwards'))
  await until(() => text.includes('GET /v2/afterwards;'), 'and the connection goes on')
})

t.test(
  'and is closed when nothing comes of them, since nobody would hear that it has been left',
  async (t) => {
    const clock = new VirtualClock()
    const app = makeServer({ routable: () => '/', drainMs: 100, clock })
    let open = 0
    app.addHook('onRequest', ({ raw: request }, reply) => {
      reply.hijack()
      open++
      waitingOn(request.socket).add({ onHangUp: () => open-- })
    })
    await app.listen({ host: '127.0.0.1', port: 0 })
    t.teardown(() => app.close())
    const socket = await openSocket((app.server.address() as AddressInfo).port)
    socket.write(requestHead('GET', '/').repeat(2 * AT_ONCE))
    await until(() => open === AT_ONCE, 'as many as may be are under way')
    socket.resetAndDestroy()
    await clock.advance(60_000)
    await until(() => open === 0, 'all have ended')
    await app.close()
    t.equal(clock.pendingTimers, 0)
  },
)
