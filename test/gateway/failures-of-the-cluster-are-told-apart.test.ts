import type { Socket } from 'node:net'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { runProxy } from '../helpers/proxy.ts'

const onRequest = (act: (socket: Socket) => void) => (socket: Socket) => {
  socket.once('data', () => act(socket))
}

const faults: [string, (socket: Socket) => void][] = [
  ['resets before it answers', onRequest((socket) => socket.resetAndDestroy())],
  ['closes before it answers', onRequest((socket) => socket.end())],
  [
    'resets within the head',
    onRequest((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-', () => socket.resetAndDestroy())),
  ],
  ['speaks no HTTP', onRequest((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'))],
  ['sends a bad status line', onRequest((socket) => socket.end('HTTP/1.1 abc\r\n\r\n'))],
  [
    'sends a head without end',
    onRequest((socket) => socket.write(`HTTP/1.1 200 OK\r\n${'X-Flood: 12345678\r\n'.repeat(8_000)}`)),
  ],
  [
    'sends a header that may not be passed on',
    onRequest((socket) => socket.end('HTTP/1.1 200 Fine\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n')),
  ],
  ['sends 100 Continue unasked', onRequest((socket) => socket.end('HTTP/1.1 100 Continue\r\n\r\n'))],
  [
    'switches protocols unasked',
    onRequest((socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    ),
  ],
]

for (const [what, onConnection] of faults) {
  t.test(`a cluster that ${what}`, async (t) => {
    let requests = 0
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const cluster = await rawServer((socket) => {
      socket.on('data', () => requests++)
      onConnection(socket)
    })
    t.teardown(() => cluster.close())
    const proxy = await runProxy(t, { clusterUrl: cluster.url, tokenUrl: idp.tokenUrl })
    for (const method of ['POST', 'GET']) {
      const before = requests
      const answer = await fetch(`${proxy.url}/v2/x`, { method })
      const problem = (await answer.json()) as { type: string; fault: string; detail: string; cure: string }
      t.equal(answer.status, 502)
      t.equal(answer.statusText, 'Bad Gateway')
      t.equal(answer.headers.get('content-type'), 'application/problem+json')
      t.equal(problem.type, 'urn:camunda-auth-proxy:problem:upstream-broke-off')
      t.equal(problem.fault, 'cluster')
      t.match(
        answer.headers.get('proxy-status'),
        /^camunda-auth-proxy; error=connection_terminated; details="/,
      )
      t.equal(requests, before + 1, `${method} was sent once`)
    }
  })
}

t.test('a cluster that is not there, and one whose name does not resolve', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const gone = await rawServer(() => {})
  await gone.close()
  for (const clusterUrl of [gone.url, 'https://no-such-host.invalid']) {
    const proxy = await runProxy(t, { clusterUrl, tokenUrl: idp.tokenUrl })
    const answer = await fetch(`${proxy.url}/v2/x`, { method: 'POST', body: 'x' })
    t.equal(answer.status, 502)
    t.match(
      await answer.text(),
      /problem:upstream-unreachable.*could not be reached \((ECONNREFUSED|ENOTFOUND|EAI_AGAIN)\)/,
    )
  }
})
