import { PassThrough } from 'node:stream'
import t from 'tap'
import { requestBody, requestHead } from '../../src/upstream/http1-request.ts'
import { turn, wireLab } from '../helpers/http1-lab.ts'

const plain = { method: 'GET', path: '/v2/x?a=b', headers: ['accept', '*/*', 'X-A', 'é\t~'] }
const body = { stream: new PassThrough(), length: 5 }

/** What ends a line, ends a text, or would be cut down to the like on the wire. */
const SPLITTERS = [
  '\r',
  '\n',
  '\r\n',
  '\0',
  '\x0b',
  '\x0c',
  '\x1f',
  '\x7f',
  '\u010a',
  '\u010d',
  '\u0100',
  '\u2028',
  '😀',
]

t.test('it is these bytes', async (t) => {
  t.equal(
    requestHead(plain, 'cluster:8080', undefined),
    'GET /v2/x?a=b HTTP/1.1\r\nhost: cluster:8080\r\nconnection: keep-alive\r\naccept: */*\r\nX-A: é\t~\r\n\r\n',
  )
})

t.test('where the body ends is said once', async (t) => {
  const headers = ['content-length', '7', 'Content-Length', '8', 'a', 'b']
  const said = (method: string, given?: Parameters<typeof requestHead>[2]) =>
    requestHead({ method, path: '/', headers }, 'x', given)
      .split('\r\n')
      .filter((line) => /^(content-length|transfer-encoding)/i.test(line))
  t.strictSame(said('POST', body), ['content-length: 5'])
  t.strictSame(said('GET', { ...body, length: undefined }), ['transfer-encoding: chunked'])
  for (const method of ['POST', 'PUT', 'PATCH']) t.strictSame(said(method), ['content-length: 0'])
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) t.strictSame(said(method), [])
})

t.test('nothing in it reads as something else on the wire', async (t) => {
  for (const splitter of SPLITTERS) {
    const spoilt = `a${splitter}b`
    for (const [i, request] of [
      { ...plain, method: spoilt },
      { ...plain, path: `/${spoilt}` },
      { ...plain, headers: ['x', spoilt] },
      { ...plain, headers: ['x', spoilt.repeat(200)] },
      { ...plain, headers: ['a', 'b', spoilt, 'x'] },
    ].entries())
      t.throws(() => requestHead(request, 'x', undefined), TypeError, `${encodeURIComponent(splitter)}, ${i}`)
  }
})

t.test('nor is it what it should not be', async (t) => {
  for (const spoilt of [
    { method: '' },
    { method: 'GET /' },
    { path: '' },
    { path: '/a b' },
    { path: 'v2' },
    { path: '*' },
    { path: 'http://elsewhere/' },
    { path: '//elsewhere\t' },
    { headers: ['', 'x'] },
    { headers: ['a:b', 'x'] },
    { headers: ['a ', 'x'] },
    { headers: ['ä', 'x'] },
    { headers: ['Transfer-Encoding', 'chunked'] },
    { headers: ['Host', 'elsewhere'] },
    { headers: ['connection', 'close'] },
    { headers: ['upgrade', 'h2c'] },
  ])
    t.throws(() => requestHead({ ...plain, ...spoilt }, 'x', undefined), TypeError, JSON.stringify(spoilt))
})

t.test('a long value that has passed once is no pass for another', async (t) => {
  const token = 'a'.repeat(1_000)
  const send = (value: string) => requestHead({ ...plain, headers: ['authorization', value] }, 'x', undefined)
  send(token)
  send(token)
  t.throws(() => send(`${token}\r\nx: y`), TypeError)
  t.throws(() => send(`${token.slice(1)}\n`), TypeError)
})

t.test('a length is a number of bytes', async (t) => {
  const stream = new PassThrough()
  for (const length of ['', '+5', '-5', '0x5', '5e1', '5.5', '5, 5', ' 5', 'Infinity', '9007199254740992'])
    t.throws(() => requestBody(stream, ['Content-Length', length]), TypeError, length)
  t.equal(requestBody(stream, ['Content-Length', '5'])?.length, 5)
  t.equal(requestBody(stream, [])?.length, undefined)
  t.throws(() => requestBody('text', []), TypeError)
})

t.test('of one that is refused nothing goes out, and its connection goes on', async (t) => {
  const { call, wires } = wireLab(t)
  const spoilt = call({ headers: ['x', 'a\r\nb'] })
  t.match(await spoilt.over, { steps: ['start', 'error'], error: { name: 'TypeError' } })
  t.equal(wires[0]?.sent, '')
  await turn()
  call({ path: '/next' })
  t.match(wires[0]?.sent, /^GET \/next /)
  t.equal(wires.length, 1)
})
