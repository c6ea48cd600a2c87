import type { ServerResponse } from 'node:http'
import t from 'tap'
import { cookiesOf } from '../helpers/cookie-cluster.ts'
import { cookieLab, headerOf, loginAt, toldLab } from '../helpers/cookie-lab.ts'
import { rawServer, streamingCluster } from '../helpers/fake-cluster.ts'

const MEGABYTE = 1024 * 1024
const SESSION = 'camunda-session=abc; Path=/'

const cookieHeader = (headers: readonly string[]) => headerOf(headers, 'cookie') ?? ''
const namesIn = (headers: readonly string[]) =>
  Object.keys(cookiesOf({ headers: { cookie: cookieHeader(headers) } }))

/** Goes on until nobody listens. Tells how much was taken. */
function endless(response: ServerResponse): Promise<number> {
  const chunk = 'x'.repeat(64 * 1024)
  let taken = 0
  const more = () => {
    while (!response.destroyed && response.write(chunk)) taken += chunk.length
  }
  response.on('drain', () => {
    taken += chunk.length
    more()
  })
  more()
  return new Promise((resolve) => response.once('close', () => resolve(taken)))
}

t.test('a body without an end is broken off, and the login stands by its head', async (t) => {
  const ended: Promise<number>[] = []
  const cluster = await streamingCluster((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'set-cookie': SESSION })
    ended.push(endless(response))
  })
  t.teardown(() => cluster.close())
  const { acquire } = loginAt(t, cluster.url)
  t.match(await acquire(), { headers: ['cookie', 'camunda-session=abc'] })
  t.ok(((await ended[0]) ?? 0) < 32 * MEGABYTE)
})

t.test('a body that never comes keeps nobody waiting', async (t) => {
  const { acquire } = await toldLab(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10, 'set-cookie': SESSION }).flushHeaders()
  })
  t.match(await acquire(), { headers: ['cookie', 'camunda-session=abc'] })
})

t.test('headers without an end', async (t) => {
  const server = await rawServer((socket) =>
    socket.once('data', () => {
      socket.write('HTTP/1.1 204 No Content\r\n')
      const more = () => {
        while (!socket.destroyed && socket.write(`Set-Cookie: ${'x'.repeat(1_000)}=1\r\n`));
      }
      socket.on('drain', more)
      more()
    }),
  )
  t.teardown(() => server.close())
  t.match(await loginAt(t, server.url).failure(), { code: 'network', refused: false })
})

t.test('two thousand cookies in a login: thirty-two are kept', async (t) => {
  const many = Array.from({ length: 2_000 }, (_, i) => `c${i}=1;path=/`)
  const { session } = await toldLab(t, (_request, response) =>
    response.writeHead(204, { 'set-cookie': [SESSION, ...many] }).end(),
  )
  const names = namesIn((await session()).headersFor('GET'))
  t.equal(names.length, 32)
  t.ok(names.includes('camunda-session'))
})

t.test('ten thousand cookies in answers: thirty-two in all, and the session among them', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  for (let i = 0; i < 10_000; i++) held.observe(['set-cookie', `c${i}=1; Path=/`])
  const names = namesIn(held.headersFor('GET'))
  t.equal(names.length, 32)
  for (const name of ['camunda-session', 'X-CSRF-TOKEN', 'c0', 'c29']) t.ok(names.includes(name), name)
  held.observe(['set-cookie', 'camunda-session=next; Path=/'])
  t.match(cookieHeader(held.headersFor('GET')), 'camunda-session=next', 'one that is there may change')
  held.observe(['set-cookie', 'c0=; Path=/; Max-Age=0', 'set-cookie', 'late=1; Path=/'])
  t.ok(namesIn(held.headersFor('GET')).includes('late'), 'a place that is given up is free')
})

t.test('those for other paths count, though they are not sent', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  const before = cookieHeader(held.headersFor('GET'))
  for (let i = 0; i < 100; i++) held.observe(['set-cookie', `same=${i}; Path=/elsewhere/${i}`])
  held.observe(['set-cookie', 'late=1; Path=/'])
  t.equal(cookieHeader(held.headersFor('GET')), before)
})

t.test('a hundred kilobytes in answers: sixteen are kept', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  for (let i = 0; i < 100; i++) held.observe(['set-cookie', `b${i}=${'x'.repeat(1_000)}; Path=/`])
  const { length } = cookieHeader(held.headersFor('GET'))
  t.ok(length > 15 * 1024 && length <= 16 * 1024 + 2 * 32, `${length} bytes`)
  held.observe(['set-cookie', `b0=${'y'.repeat(1_000)}; Path=/`])
  t.match(cookieHeader(held.headersFor('GET')), 'b0=yyy', 'one that is there may change')
})

t.test('deletions of what is not there do not fill it either', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  for (let i = 0; i < 100; i++) held.observe(['set-cookie', `gone${i}=; Path=/; Max-Age=0`])
  held.observe(['set-cookie', 'new=1; Path=/'])
  t.ok(namesIn(held.headersFor('GET')).includes('new'))
})

t.test('a cookie that is not for this cluster is not taken', async (t) => {
  const bad = ['example.com', 'com', 'localhost', '127.0.0.2', '0.0.1'].map(
    (d) => `bad=1; Domain=${d}; Path=/`,
  )
  const { session } = await cookieLab(t, { alsoSets: [...bad, 'good=1; Domain=127.0.0.1; Path=/'] })
  const held = await session()
  held.observe(bad.flatMap((line) => ['set-cookie', line]))
  t.strictSame(namesIn(held.headersFor('GET')).sort(), ['X-CSRF-TOKEN', 'camunda-session', 'good'])
})

t.test('a login whose cookies are all for somebody else is told so', async (t) => {
  const { failure, cluster } = await toldLab(t, (_request, response) =>
    response
      .writeHead(204, { 'set-cookie': ['camunda-session=abc; Domain=example.com', 'x=1; Path=/login'] })
      .end(),
  )
  t.strictSame(await failure(), {
    code: 'no-cookie',
    message: `The login at ${cluster.url}/login gave no cookie that may be sent to ${cluster.url}/v2/.`,
    refused: true,
  })
})

t.test('garbage is left out', async (t) => {
  const { session } = await cookieLab(t)
  const held = await session()
  const before = cookieHeader(held.headersFor('GET'))
  const garbage = [
    '',
    ';',
    '=',
    '=x',
    'x',
    'a=ü',
    'a=\u{1F600}',
    'a=b\u0000',
    'a\r\nb=c',
    '\u0000',
    ' ; Path=/',
    '__Host-a=b',
  ]
  held.observe(garbage.flatMap((line) => ['set-cookie', line]))
  held.observe(['set-cookie'])
  held.observe([])
  t.equal(cookieHeader(held.headersFor('GET')), before)
})
