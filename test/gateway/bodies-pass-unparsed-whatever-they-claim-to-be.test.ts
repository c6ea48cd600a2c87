import { createHash, randomBytes } from 'node:crypto'
import t from 'tap'
import { setUp } from '../helpers/proxy.ts'
import { rawRequest, requestHead } from '../helpers/raw-http.ts'

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

t.test('content types that a framework would refuse, rewrite or parse', async (t) => {
  const { proxy, cluster } = await setUp(t)
  for (const type of [
    'foo',
    'application/json',
    'application/json; charset=latin1',
    'text/plain; charset=iso-8859-1',
    '/',
    'a/b/c',
    ';',
  ]) {
    const body = '{"key":2251799813685249123,"broken'
    const head = requestHead('POST', '/v2/x', [`Content-Type: ${type}`, `Content-Length: ${body.length}`])
    const answer = await rawRequest(proxy.port, head + body)
    t.equal(answer.status, 200, `${type} is passed on`)
    t.equal(cluster.seen.at(-1)?.headers['content-type'], type)
    t.equal(String(cluster.seen.at(-1)?.body), body, 'an int64 key is not a number to us')
  }
})

t.test('bodies of every method, GET among them', async (t) => {
  const { proxy, cluster } = await setUp(t)
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'POST']) {
    const answer = await rawRequest(proxy.port, `${requestHead(method, '/v2/x', ['Content-Length: 4'])}body`)
    t.equal(answer.status, 200)
    t.equal(cluster.seen.at(-1)?.method, method)
    t.equal(String(cluster.seen.at(-1)?.body), 'body', `${method} keeps its body`)
  }
})

t.test('requests without a body stay so, and those with an empty one too', async (t) => {
  const { proxy, cluster } = await setUp(t)
  await rawRequest(proxy.port, requestHead('POST', '/v2/x', ['Content-Length: 0']))
  t.equal(cluster.seen.at(-1)?.headers['content-length'], '0')
  await rawRequest(proxy.port, requestHead('DELETE', '/v2/x'))
  t.equal(cluster.seen.at(-1)?.headers['content-length'], undefined)
  t.equal(cluster.seen.at(-1)?.headers['transfer-encoding'], undefined)
  await rawRequest(proxy.port, `${requestHead('POST', '/v2/x', ['Transfer-Encoding: chunked'])}0\r\n\r\n`)
  t.equal(cluster.seen.at(-1)?.body.length, 0)
})

t.test('three megabytes of plain text, sized and chunked, there and back', async (t) => {
  const { proxy, cluster } = await setUp(t, {
    answer(request, response) {
      response.writeHead(200, { 'content-type': 'text/plain; charset=utf-16' })
      response.end(request.body)
    },
  })
  const bytes = randomBytes(3_000_000)
  const chunked = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 70_001) controller.enqueue(bytes.subarray(at, at + 70_001))
      controller.close()
    },
  })
  for (const body of [bytes, chunked]) {
    const headers = { 'content-type': 'text/plain; charset=utf-16' }
    const answer = await fetch(`${proxy.url}/v2/x`, {
      method: 'POST',
      headers,
      body,
      duplex: 'half',
    } as RequestInit)
    t.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-16')
    t.equal(digest(Buffer.from(await answer.arrayBuffer())), digest(bytes), 'every byte came back')
    t.equal(digest(cluster.seen.at(-1)?.body ?? Buffer.alloc(0)), digest(bytes), 'every byte arrived')
  }
})
