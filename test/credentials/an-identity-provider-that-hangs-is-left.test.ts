import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { failureOf, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const TOKEN = 'canary-token-77b2'
const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n'

/** How far the answer comes before it stops for good. */
const halts: [string, string][] = [
  ['before the answer', ''],
  ['within the head', head.slice(0, 30)],
  ['before the body', head],
  ['within the body', `${head}{"access_token":"${TOKEN}",`],
]

/** A provider that stops there. `stopped` gives the connection once it has. */
async function hanging(t: Test, bytes: string) {
  let requests = 0
  let stop: (socket: Socket) => void = () => {}
  const stopped = new Promise<Socket>((resolve) => {
    stop = resolve
  })
  const server = await rawServer((socket) =>
    socket.on('data', () => {
      requests++
      if (bytes === '') stop(socket)
      else socket.write(bytes, () => stop(socket))
    }),
  )
  t.teardown(() => server.close())
  return { source: sourceFor(t, `${server.url}/token`), port: server.port, stopped, requests: () => requests }
}

const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))

for (const [where, bytes] of halts) {
  t.test(`given up ${where}: the attempt ends and so does the connection`, async (t) => {
    const { source, port, stopped, requests } = await hanging(t, bytes)
    const giving = new AbortController()
    const attempt = failureOf(source.acquire(giving.signal), [SECRET, TOKEN])
    const socket = await stopped
    const closed = closing(socket)
    giving.abort(new Error('given up'))
    const failed = await attempt
    t.equal(failed.refused, false)
    t.match(failed.message, `127.0.0.1:${port}`)
    await closed
    t.equal(requests(), 1)
  })
}

t.test('given up beforehand: no request', async (t) => {
  const { source, requests } = await hanging(t, '')
  t.match(await failureOf(source.acquire(AbortSignal.abort(new Error('given up'))), [SECRET]), {
    refused: false,
  })
  t.equal(requests(), 0)
})

t.test('no answer within nine seconds', async (t) => {
  const limits: { ms: number; pass: () => void }[] = []
  t.intercept(AbortSignal, 'timeout', {
    value: (ms: number) => {
      const controller = new AbortController()
      const late = new DOMException('late', 'TimeoutError')
      limits.push({ ms, pass: () => controller.abort(late) })
      return controller.signal
    },
  })
  const { source, port, stopped } = await hanging(t, '')
  const attempt = failureOf(source.acquire(new AbortController().signal), [SECRET])
  const socket = await stopped
  const closed = closing(socket)
  t.strictSame(
    limits.map(({ ms }) => ms),
    [9_000],
  )
  limits[0]?.pass()
  t.strictSame(await attempt, {
    code: 'timeout',
    message: `The identity provider 127.0.0.1:${port} did not answer in time.`,
    refused: false,
  })
  await closed
})
