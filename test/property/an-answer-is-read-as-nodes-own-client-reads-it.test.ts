// Node's client reads with llhttp. Whatever we take, it has to take as well, and for the same; we may refuse more.
import assert from 'node:assert/strict'
import * as http from 'node:http'
import fc from 'fast-check'
import t from 'tap'
import { AnswerReader } from '../../src/upstream/http1-answer.ts'
import { cut, cuts, type Mutation, mutate, mutations } from '../helpers/mutations.ts'
import { Wire } from '../helpers/wire.ts'

interface Reading {
  status: number
  reason: string
  headers: string[]
  body: string
}

type Chunks = readonly Buffer[]

/** What our reader makes of answers on one connection, each of which comes after its request; undefined once it fails. */
function weRead(answers: { method: string; chunks: Chunks }[], ends: boolean): (Reading | undefined)[] {
  let reading: Reading | undefined
  let isWhole = false
  const reader = new AnswerReader({
    onHead({ status, reason, headers }) {
      reading = { status, reason, headers, body: '' }
    },
    onBody(chunk) {
      if (reading !== undefined) reading.body += chunk.toString('latin1')
    },
    onEnd() {
      isWhole = true
    },
  })
  return answers.map(({ method, chunks }, i) => {
    isWhole = false
    reader.expect(method)
    try {
      for (const chunk of chunks) if (!isWhole) reader.read(chunk)
      if (ends && !isWhole && i === answers.length - 1) reader.close()
    } catch {
      return undefined
    }
    return isWhole ? reading : undefined
  })
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

class OneWire extends http.Agent {
  made = 0
  wire = new Wire()

  override createConnection(): Wire {
    this.made++
    this.wire = new Wire()
    return this.wire
  }
}

/** What Node's client makes of one of them; undefined if it fails or breaks off. */
function nodeReads(
  agent: OneWire,
  { method, chunks }: { method: string; chunks: Chunks },
  ends: boolean,
): Promise<Reading | undefined> {
  return new Promise((resolve) => {
    const request = http.request({ agent, method, path: '/', host: 'cluster', maxHeaderSize: 80 * 1024 })
    let isAnswered = false
    request.on('response', (response) => {
      isAnswered = true
      const body: Buffer[] = []
      response.on('data', (chunk: Buffer) => body.push(chunk))
      response.on('error', () => resolve(undefined))
      response.on('close', async () => {
        const { statusCode: status = 0, statusMessage: reason = '', rawHeaders: headers } = response
        const whole = { status, reason, headers, body: Buffer.concat(body).toString('latin1') }
        // Until then, Node does not take the connection for free.
        await turn()
        resolve(response.complete ? whole : undefined)
      })
    })
    request.on('upgrade', () => resolve(undefined))
    request.on('error', () => resolve(undefined))
    request.on('close', () => isAnswered || resolve(undefined))
    request.on('finish', async () => {
      await turn()
      for (const chunk of chunks) agent.wire.push(chunk)
      if (ends) agent.wire.push(null)
    })
    request.end()
  })
}

const among = (characters: string, max = 12) =>
  fc.array(fc.constantFrom(...characters), { maxLength: max }).map((all) => all.join(''))
const token = among("aZ09-_!#$%&'*+.^`|~").filter((name) => name !== '')
const FRAMING = /^(content-length|transfer-encoding|connection|keep-alive|proxy-connection|upgrade)$/i
const blanks = fc.constantFrom('', ' ', '\t', '  ')
const text = among('aB1 \t,;:"=/\\\x80\xffé').map((value) => value.replace(/^[\t ]+|[\t ]+$/g, ''))
const name = fc
  .oneof(token, fc.constantFrom('Date', 'X-A', 'x-a', 'Set-Cookie', '__proto__'))
  .filter((one) => !FRAMING.test(one))
const header = fc.record({ name, value: text, before: blanks, after: blanks })
const headers = fc.array(header, { maxLength: 5 })
const bytes = among('\0\r\n :0a;HTTP/1.1 200\xff', 40)

type Header = { name: string; value: string; before: string; after: string }
const lines = (all: Header[]) =>
  all.map((one) => `${one.name}:${one.before}${one.value}${one.after}\r\n`).join('')

/** A body in chunks, with extensions and trailers. */
const chunked = fc
  .record({
    parts: fc.array(
      fc.record({
        data: bytes.filter((data) => data !== ''),
        extension: fc.constantFrom('', ';a', ';a=b', ';a="b"', ';a;b=c'),
        isUpper: fc.boolean(),
        zeros: fc.constantFrom('', '0', '000'),
      }),
      { maxLength: 4 },
    ),
    trailers: fc.array(header, { maxLength: 2 }),
  })
  .map(({ parts, trailers }) => ({
    field: 'Transfer-Encoding: chunked\r\n',
    body: parts.map(({ data }) => data).join(''),
    wire: `${parts
      .map(({ data, extension, isUpper, zeros }) => {
        const size = data.length.toString(16)
        return `${zeros}${isUpper ? size.toUpperCase() : size}${extension}\r\n${data}\r\n`
      })
      .join('')}0\r\n${lines(trailers)}\r\n`,
    closes: false,
  }))
const counted = fc
  .tuple(bytes, blanks, fc.constantFrom('Content-Length', 'content-length', 'CONTENT-LENGTH'))
  .map(([body, blank, spelled]) => ({
    field: `${spelled}:${blank}${body.length}${blank.replaceAll('\t', ' ')}\r\n`,
    body,
    wire: body,
    closes: false,
  }))
const untilClose = bytes.map((body) => ({ field: '', body, wire: body, closes: true }))

interface Answer extends Reading {
  method: string
  text: string
  /** It is the last one on its connection. */
  closes: boolean
}

/** An answer to `method`, as it is to be read and as it stands on the wire. */
const answer: fc.Arbitrary<Answer> = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'POST', 'HEAD'),
    status: fc.constantFrom(200, 200, 200, 201, 204, 206, 302, 304, 401, 404, 500, 503, 599, 999),
    reason: text,
    interim: fc.array(
      fc
        .tuple(fc.constantFrom(100, 102, 103, 199), headers)
        .map(([status, fields]) => `HTTP/1.1 ${status} Early\r\n${lines(fields)}\r\n`),
      { maxLength: 2 },
    ),
    headers,
    framed: fc.oneof(counted, chunked, untilClose),
    connection: fc.constantFrom('', '', '', 'Connection: keep-alive\r\n', 'Connection: x, Close\r\n'),
  })
  .map(({ method, status, reason, interim, headers, framed, connection }) => {
    const isEmpty = method === 'HEAD' || status === 204 || status === 304
    const field = status === 204 ? '' : framed.field
    const fields = connection + lines(headers) + field
    return {
      method,
      status,
      reason,
      headers: fields
        .split('\r\n')
        .filter((line) => line !== '')
        .flatMap((line) => [
          line.slice(0, line.indexOf(':')),
          line.slice(line.indexOf(':') + 1).replace(/^[\t ]+|[\t ]+$/g, ''),
        ]),
      body: isEmpty ? '' : framed.body,
      text: `${interim.join('')}HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n${isEmpty ? '' : framed.wire}`,
      closes: (framed.closes && !isEmpty) || /close/i.test(connection),
    }
  })

const read = ({ status, reason, headers, body }: Reading): Reading => ({ status, reason, headers, body })

t.test('answers that are well formed, one after another, however they are cut', async (t) => {
  let reused = 0
  const answers = fc.array(fc.tuple(answer, cuts), { minLength: 1, maxLength: 4 }).map((all) => {
    const last = all.findIndex(([{ closes }]) => closes)
    return last === -1 ? all : all.slice(0, last + 1)
  })
  const same = async (all: [Answer, number[] | 'each'][]) => {
    const exchanges = all.map(([{ method, text }, at]) => ({ method, chunks: cut(text, at) }))
    assert.deepEqual(
      weRead(exchanges, true),
      all.map(([one]) => read(one)),
    )
    const agent = new OneWire({ keepAlive: true })
    for (const [i, exchange] of exchanges.entries()) {
      const [expected] = all[i] as [Answer, unknown] // there are as many
      assert.deepEqual(await nodeReads(agent, exchange, expected.closes), read(expected))
    }
    reused += exchanges.length - agent.made
    agent.destroy()
  }
  await fc.assert(fc.asyncProperty(answers, same), { numRuns: 300 })
  t.ok(reused > 100, `${reused} came on a connection that had carried another`)
})

const NASTY = '\r\n\0 \t:;,0159aFg+-"=\x7f\x80\xff'
const NASTY_LINES = [
  'Content-Length: 5',
  'Content-Length: +5',
  'Content-Length: 5, 5',
  'Content-Length: 0x5',
  'Content-Length:',
  'Content-Length : 5',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding: "chunked"',
  ' folded',
  '\tContent-Length: 5',
  ': empty',
  'no colon',
  'X-Lone: \r Content-Length: 3',
  'X-Lone: \n Content-Length: 3',
  'HTTP/1.1 200 OK',
  'HTTP/1.0 200 OK',
  'Connection: close',
  'Upgrade: x',
  '0',
  '5;x',
  '5 ;x',
  '',
]

/** What RFC 9110 section 5.5 allows and llhttp does not: a tab behind a length or a coding. */
const EXCEPTIONS = [/^(?:Content-Length:[\t ]*\d+|Transfer-Encoding:[\t ]*chunked) *\t[\t ]*\r$/im]

/** How much of it is the answer: it may end before all that came, and just as soon when it comes byte by byte. */
function lengthOf(method: string, text: string): number {
  let isWhole = false
  const end = () => {
    isWhole = true
  }
  const reader = new AnswerReader({ onHead() {}, onBody() {}, onEnd: end })
  reader.expect(method)
  const bytes = cut(text, 'each')
  const last = bytes.findIndex((byte) => {
    reader.read(byte)
    return isWhole
  })
  return last === -1 ? bytes.length : last + 1
}

const mutation = mutations(NASTY, NASTY_LINES)

t.test('answers that are not: we take nothing that it refuses, and nothing for something else', async (t) => {
  const seen = { taken: 0, refused: 0 }
  const notLaxer = async ({ method, text: original }: Answer, changes: Mutation[], at: number[] | 'each') => {
    const text = changes.reduce(mutate, original)
    const exchange = { method, chunks: cut(text, at) }
    const [ours] = weRead([exchange], true)
    seen[ours === undefined ? 'refused' : 'taken']++
    if (ours === undefined || EXCEPTIONS.some((pattern) => pattern.test(text))) return
    const agent = new OneWire({ keepAlive: true })
    // Where more comes behind it in one piece, Node fails the answer with it.
    const its = await nodeReads(
      agent,
      { method, chunks: cut(text.slice(0, lengthOf(method, text)), at) },
      true,
    )
    agent.destroy()
    assert.deepEqual(ours, its)
  }
  const changes = fc.array(mutation, { minLength: 1, maxLength: 3 })
  await fc.assert(fc.asyncProperty(answer, changes, cuts, notLaxer), { numRuns: 4_000 })
  t.ok(seen.taken > 400 && seen.refused > 400, `${seen.taken} were taken, ${seen.refused} refused`)
})
