import { createHash, randomBytes } from 'node:crypto'
import { request as send } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { http2Lab } from '../helpers/http2-lab.ts'
import { until } from '../helpers/until.ts'

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

t.test('method, path, headers and body up; status, headers and body down', async (t) => {
  let seen = {}
  const lab = await http2Lab(
    t,
    async (stream, { ':path': path, ':method': method, ':authority': to }, raw) => {
      const chunks: Buffer[] = []
      for await (const chunk of stream) chunks.push(chunk as Buffer)
      seen = { path, method, to, raw: raw.join('|'), digest: digest(Buffer.concat(chunks)) }
      stream.respond({ ':status': 201, 'x-a': ['1', '2'] })
      stream.end('created')
    },
  )
  const body = randomBytes(300_000)
  const headers = { 'X-One': ['a', 'b'], 'Content-Type': 'application/octet-stream' }
  const answer = await new Promise<{ status: number | undefined; raw: string; body: string }>(
    (resolve, reject) => {
      const call = send(`${lab.url}/v2/documents?x=%2F`, { method: 'POST', headers }, async (response) => {
        let text = ''
        for await (const chunk of response) text += chunk
        resolve({ status: response.statusCode, raw: response.rawHeaders.join('|'), body: text })
      })
      call.on('error', reject).end(body)
    },
  )
  t.match(seen, { path: '/v2/documents?x=%2F', method: 'POST', digest: digest(body) })
  t.equal(`https://${(seen as { to?: string }).to}`, lab.origin)
  t.match(seen, { raw: /x-one\|a\|x-one\|b/ })
  t.match(seen, { raw: /content-type\|application\/octet-stream/ })
  t.match(seen, { raw: /authorization\|Bearer 1/ })
  t.notMatch(seen, { raw: /transfer-encoding|connection/ })
  t.match(answer, { status: 201, body: 'created' })
  t.match(answer.raw, 'x-a|1|x-a|2')
  t.notMatch(answer.raw, ':status')
})

t.test('bytes beyond ASCII in a header stay the same bytes', async (t) => {
  const lab = await http2Lab(t, (stream) => {
    stream.respond({ ':status': 200, 'content-disposition': 'filename="\xc3\xbc"' }, { endStream: true })
  })
  const raw = await new Promise((resolve) =>
    lab.dispatcher.dispatch(
      { origin: lab.origin, path: '/', method: 'GET' },
      {
        onRequestStart() {},
        onResponseStart: (controller) => resolve(controller.rawHeaders),
        onResponseError: (_controller, error) => resolve(error),
      },
    ),
  )
  t.match(raw, ['content-disposition', 'filename="\xc3\xbc"'])
})

t.test('HEAD, answers without a body, and a body in a GET', async (t) => {
  const lab = await http2Lab(t, async (stream, headers) => {
    let bytes = 0
    for await (const chunk of stream) bytes += (chunk as Buffer).length
    if (headers[':method'] === 'HEAD') stream.respond({ 'content-length': '5' }, { endStream: true })
    else if (headers[':path'] === '/v2/none') stream.respond({ ':status': 204 }, { endStream: true })
    else stream.respond({ ':status': 200 })
    if (!stream.writableEnded) stream.end(String(bytes))
  })
  const head = await fetch(`${lab.url}/v2/x`, { method: 'HEAD' })
  t.strictSame([head.status, head.headers.get('content-length')], [200, '5'])
  t.equal((await fetch(`${lab.url}/v2/none`)).status, 204)
  const text = await new Promise((resolve, reject) => {
    const call = send(`${lab.url}/v2/x`, { method: 'GET', headers: { 'content-length': 3 } }, (response) =>
      response.on('data', (chunk) => resolve(String(chunk))),
    )
    call.on('error', reject).end('abc')
  })
  t.equal(text, '3')
  t.equal(lab.sessions.length, 1, 'all on one connection')
})

t.test('a 401 is answered with a newer credential and the body once more', async (t) => {
  const seen: string[] = []
  const lab = await http2Lab(t, async (stream, { authorization }) => {
    let body = ''
    for await (const chunk of stream) body += chunk
    seen.push(`${authorization} ${body}`)
    stream.respond({ ':status': authorization === 'Bearer 1' ? 401 : 200 })
    stream.end(Buffer.alloc(200_000, 'x'))
  })
  const answer = await fetch(`${lab.url}/v2/x`, { method: 'POST', body: 'body' })
  t.equal(answer.status, 200)
  t.equal((await answer.text()).length, 200_000)
  t.strictSame(seen, ['Bearer 1 body', 'Bearer 2 body'])
  const head = await fetch(`${lab.url}/v2/x`, { method: 'HEAD' })
  t.equal(head.status, 200)
})

t.test('a long poll holds nobody up', async (t) => {
  const held: (() => void)[] = []
  const lab = await http2Lab(t, (stream, { ':path': path }) => {
    const end = () => {
      stream.respond({ ':status': 200 })
      stream.end('done')
    }
    if (path === '/v2/jobs/activation') held.push(end)
    else end()
  })
  const poll = fetch(`${lab.url}/v2/jobs/activation`, { method: 'POST', body: '{}' })
  await until(() => held.length === 1, 'the poll is held')
  for (const method of ['GET', 'POST'])
    t.equal((await fetch(`${lab.url}/v2/x`, { method, body: method === 'POST' ? '{}' : null })).status, 200)
  held[0]?.()
  t.equal(await (await poll).text(), 'done')
  t.equal(lab.sessions.length, 1)
})

t.test('as many connections as it takes, where the server limits what one carries', async (t) => {
  const held: (() => void)[] = []
  const lab = await http2Lab(
    t,
    (stream) =>
      held.push(() => {
        stream.respond({ ':status': 200 })
        stream.end()
      }),
    { settings: { maxConcurrentStreams: 2 } },
  )
  const answers = Array.from({ length: 5 }, () => fetch(`${lab.url}/v2/x`))
  await until(() => held.length === 5, 'all have arrived')
  t.equal(lab.sessions.length, 3)
  for (const end of held) end()
  t.ok((await Promise.all(answers)).every(({ status }) => status === 200))
})

t.test('a caller who leaves ends its stream, and no other', async (t) => {
  let closed = 0
  let begun = 0
  const lab = await http2Lab(t, (stream, { ':path': path }) => {
    begun++
    stream.once('close', () => closed++)
    if (path === '/v2/poll') return
    stream.respond({ ':status': 200 })
    stream.end()
  })
  const leaving = new AbortController()
  const call = fetch(`${lab.url}/v2/poll`, { signal: leaving.signal })
  await until(() => begun === 1, 'the poll has begun')
  leaving.abort()
  await t.rejects(call)
  await until(() => closed === 1, 'its stream is closed')
  t.equal((await fetch(`${lab.url}/v2/x`)).status, 200)
  t.equal(lab.sessions.length, 1)
  t.strictSame(lab.log, ['abandoned'])
})

t.test('trailers end an answer, however slowly it is read', async (t) => {
  const bytes = 2_000_000
  const lab = await http2Lab(t, (stream) => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true })
    stream.once('wantTrailers', () => stream.sendTrailers({ 'x-t': '1' }))
    stream.end(Buffer.alloc(bytes))
  })
  let read = 0
  for await (const chunk of (await fetch(`${lab.url}/v2/x`)).body ?? []) {
    read += (chunk as Uint8Array).length
    await turn()
  }
  t.equal(read, bytes)
})

t.test('an early answer reaches a caller who is still sending', async (t) => {
  const lab = await http2Lab(t, (stream) => {
    stream.respond({ ':status': 413 })
    stream.end('too much')
  })
  const status = await new Promise((resolve, reject) => {
    const call = send(`${lab.url}/v2/x`, { method: 'POST' }, (response) => {
      response.resume()
      resolve(response.statusCode)
      call.destroy()
    })
    call.on('error', reject).write('begun')
  })
  t.equal(status, 413)
})

t.test('headers in two spellings, and one that may stand only once, end no process', async (t) => {
  let seen: string[] = []
  const lab = await http2Lab(t, (stream, _headers, raw) => {
    seen = raw
    stream.respond({ ':status': 200 })
    stream.end()
  })
  const call = (headers: string[]) =>
    new Promise((resolve, reject) => {
      const request = send(`${lab.url}/v2/x`, { headers: ['Host', 'localhost', ...headers] }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject).end()
    })
  t.equal(await call(['X-A', '1', 'x-a', '2', 'constructor', '3', '__proto__', '4']), 200)
  t.match(seen.join('|'), 'x-a|1|x-a|2')
  t.match(seen.join('|'), 'constructor|3')
  t.match(seen.join('|'), '__proto__|4')
  t.equal(await call(['Content-Type', 'a/b', 'content-type', 'c/d']), 400)
  t.equal(await call([]), 200)
  t.strictSame(lab.defects, [])
})
