import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { request } from 'undici'
import { camunda, settingsFor } from '../helpers/library.ts'
import { mounted } from '../helpers/mounted.ts'

t.test('bytes pass unchanged, with the credential', async (t) => {
  const parts = await camunda(t)
  const { url } = await mounted(t, { '/camunda': await settingsFor(parts) })
  const bodies: [type: string | undefined, body: Buffer][] = [
    ['application/json', Buffer.from('{ not json')],
    ['application/json', Buffer.alloc(2 * 1024 * 1024, 'x')],
    ['multipart/form-data; boundary=x', Buffer.from('--x')],
    ['text/plain', Buffer.from([0, 255, 10])],
    [undefined, Buffer.from('untyped')],
  ]
  for (const [type, body] of bodies) {
    const answer = await request(`${url}/camunda/v2/a%2Fb/%C3%A9?x=%20&y`, {
      method: 'POST',
      body,
      headers: { cookie: 'a=b', authorization: 'Bearer own', ...(type && { 'content-type': type }) },
    })
    t.same([answer.statusCode, await answer.body.text()], [200, '{"ok":true}'])
    const seen = parts.cluster.seen.at(-1)
    t.equal(seen?.url, '/v2/a%2Fb/%C3%A9?x=%20&y')
    t.ok(seen?.body.equals(body))
    t.equal(seen?.headers['content-type'], type)
    t.equal(seen?.headers.authorization, 'Bearer token-1')
    t.equal(seen?.headers.cookie, undefined)
  }
})

t.test('every method that the server knows, and a GET with a body', async (t) => {
  const parts = await camunda(t)
  const { url, app } = await mounted(t, { '': await settingsFor(parts) })
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    const answer = await request(`${url}/v2/topology`, { method })
    await answer.body.dump()
    t.equal(answer.statusCode, 200, method)
    t.equal(parts.cluster.seen.at(-1)?.method, method)
  }
  const { port } = app.server.address() as { port: number }
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /v2 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 4\r\n\r\nbody')
  t.match(await text(socket), /^HTTP\/1.1 200 /)
  t.same([parts.cluster.seen.at(-1)?.url, String(parts.cluster.seen.at(-1)?.body)], ['/v2', 'body'])
})

t.test('a 401 is answered by a second request, and a redirect stays below the prefix', async (t) => {
  const parts = await camunda(t, ({ headers }, response) => {
    const isFresh = headers.authorization === 'Bearer token-2'
    response.writeHead(isFresh ? 302 : 401, isFresh ? { location: '/v2/elsewhere' } : {})
    response.end()
  })
  const { url } = await mounted(t, { '/camunda': await settingsFor(parts) })
  const answer = await request(`${url}/camunda/v2/topology`, { method: 'POST', body: 'a body' })
  t.equal(answer.statusCode, 302)
  t.equal(answer.headers.location, '/camunda/v2/elsewhere')
  t.same(
    parts.cluster.seen.map(({ body }) => String(body)),
    ['a body', 'a body'],
  )
})

t.test(
  'two of them in one server have a cluster each, and the rest of the server is as it was',
  async (t) => {
    const one = await camunda(t)
    const two = await camunda(t)
    const { url } = await mounted(t, { '/one': await settingsFor(one), '/two': await settingsFor(two) })
    await request(`${url}/one/v2/topology`)
    await request(`${url}/two/v2/topology`)
    t.same([one.cluster.seen.length, two.cluster.seen.length], [1, 1])
    const headers = { 'content-type': 'application/json', origin: 'https://page.example' }
    const own = await request(`${url}/own`, { method: 'POST', body: '{"a":1}', headers })
    t.same(await own.body.json(), { body: { a: 1 } })
    const broken = await request(`${url}/own`, { method: 'POST', body: '{', headers })
    t.equal(broken.statusCode, 400)
    t.equal((await request(`${url}/one/v1/topology`)).statusCode, 404)
  },
)
