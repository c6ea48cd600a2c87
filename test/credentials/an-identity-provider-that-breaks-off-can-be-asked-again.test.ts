import type { Socket } from 'node:net'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { failureOf, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const TOKEN = 'canary-token-51c0'
const body = `{"access_token":"${TOKEN}","token_type":"Bearer","expires_in":300}`
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const whole = `${head}Content-Length: ${body.length}\r\n\r\n${body}`

/** What is sent before the connection ends, and what is then told about it. */
const cases: [string, string, { code?: string; message?: RegExp }][] = [
  ['nothing', '', { code: 'network', message: /could not be reached \(\w+\)\.$/ }],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-Ty', { code: 'network' }],
  ['something that is not HTTP', 'SSH-2.0-OpenSSH_9.6\r\n', { code: 'network' }],
  ['a head only', `${head}Content-Length: ${body.length}\r\n\r\n`, {}],
  ['all but the last byte', whole.slice(0, -1), {}],
  ['half a chunk', `${head}Transfer-Encoding: chunked\r\n\r\nff\r\n${body}`, {}],
  [
    'all chunks but the last',
    `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
    {},
  ],
  [
    'half an error',
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"er`,
    { code: 'http-400' },
  ],
]

const endings: [string, (socket: Socket) => void][] = [
  ['an end', (socket) => socket.end()],
  ['a reset', (socket) => socket.resetAndDestroy()],
]

for (const [what, bytes, told] of cases) {
  for (const [how, end] of endings) {
    t.test(`${what}, then ${how}`, async (t) => {
      let requests = 0
      let broken = true
      const server = await rawServer((socket) =>
        socket.on('data', () => {
          requests++
          if (!broken) socket.write(whole)
          else if (bytes === '') end(socket)
          else socket.write(bytes, () => end(socket))
        }),
      )
      t.teardown(() => server.close())
      const source = sourceFor(t, `${server.url}/token`)
      const attempt = () => source.acquire(new AbortController().signal)
      const failed = await failureOf(attempt(), [SECRET, TOKEN])
      t.match(failed, { refused: false, ...told })
      t.match(failed.message, `The identity provider 127.0.0.1:${server.port} `)
      t.equal(failed.retryAfterMs, undefined)
      t.equal(requests, 1, 'one attempt is one request')
      broken = false
      t.match(await attempt(), { lifetimeMs: 300_000 }, 'the next attempt goes well')
    })
  }
}

t.test('nobody listens, by number or by name', async (t) => {
  const server = await rawServer(() => {})
  await server.close()
  for (const host of ['127.0.0.1', 'localhost']) {
    const source = sourceFor(t, `http://${host}:${server.port}/token`)
    const failed = await failureOf(source.acquire(new AbortController().signal), [SECRET])
    t.strictSame(failed, {
      code: 'network',
      message: `The identity provider ${host}:${server.port} could not be reached (ECONNREFUSED).`,
      refused: false,
    })
  }
})
