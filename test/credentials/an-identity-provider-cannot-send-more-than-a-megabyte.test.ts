import type { ServerResponse } from 'node:http'
import t from 'tap'
import { rawServer } from '../helpers/fake-cluster.ts'
import { failureOf, oauthLab, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const MEGABYTE = 1024 * 1024
const CANARY = 'canary-token-c4d1'
const chunk = CANARY.padEnd(64 * 1024, 'x')

/** Goes on until nobody listens. Tells how much was taken. */
function endless(response: ServerResponse): Promise<number> {
  let taken = 0
  const more = () => {
    while (!response.destroyed && response.write(chunk)) taken += chunk.length
  }
  response.on('drain', () => {
    taken += chunk.length
    more()
  })
  response.write(`{"access_token":"`)
  more()
  return new Promise((resolve) => response.once('close', () => resolve(taken)))
}

t.test('a body without an end', async (t) => {
  const ended: Promise<number>[] = []
  const { idp, failure } = await oauthLab(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    ended.push(endless(response))
  })
  const failed = await failure([CANARY])
  t.match(failed, { refused: false, message: `127.0.0.1:${idp.port}` })
  t.ok(((await ended[0]) ?? 0) < 32 * MEGABYTE, 'the connection is closed, and soon')
  t.equal(idp.requests.length, 1)
})

t.test('an error without an end', async (t) => {
  const ended: Promise<number>[] = []
  const { failure } = await oauthLab(t, (_request, response) => {
    response.writeHead(400, { 'content-type': 'application/json' })
    ended.push(endless(response))
  })
  t.match(await failure([CANARY]), { code: 'http-400', refused: false })
  t.ok(((await ended[0]) ?? 0) < 32 * MEGABYTE)
})

t.test('ten megabytes that are announced', async (t) => {
  const { failure } = await oauthLab(t, (_request, response) => {
    const body = `{"access_token":"${CANARY}","token_type":"Bearer","x":"${'x'.repeat(10 * MEGABYTE)}"}`
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body)
  })
  t.match(await failure([CANARY]), { refused: false })
})

t.test('half a megabyte is taken', async (t) => {
  const { acquire } = await oauthLab(t, (_request, response) => {
    const body = `{"access_token":"abc","token_type":"Bearer","x":"${'x'.repeat(MEGABYTE / 2)}"}`
    response.writeHead(200, { 'content-type': 'application/json' }).end(body)
  })
  t.match(await acquire(), { headers: ['authorization', 'Bearer abc'] })
})

t.test('headers without an end', async (t) => {
  const server = await rawServer((socket) =>
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\n`)
      const more = () => {
        while (!socket.destroyed && socket.write(`X-${CANARY}: ${'x'.repeat(1_000)}\r\n`));
      }
      socket.on('drain', more)
      more()
    }),
  )
  t.teardown(() => server.close())
  const attempt = sourceFor(t, `${server.url}/token`).acquire(new AbortController().signal)
  t.match(await failureOf(attempt, [SECRET, CANARY]), {
    code: 'network',
    refused: false,
    message: `127.0.0.1:${server.port}`,
  })
})
