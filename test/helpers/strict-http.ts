import { createServer } from 'node:http'
import { Duplex } from 'node:stream'

/**
 * HTTP/1.1 messages read as RFC 9112 writes them and in no other way: whatever two readers might take for two things is
 * a fault. Texts hold one character for each byte.
 */

/** A request as a strict reader sees it. */
export interface StrictRequest {
  method: string
  target: string
  version: string
  headers: [name: string, value: string][]
  framing: 'none' | 'length' | 'chunked'
  /** What has come of it, if it is the last one and did not come whole. */
  body: string
}

export interface StrictReading {
  /** Those that came whole. */
  requests: StrictRequest[]
  /** The one whose head came whole and whose body did not, be it that it broke off or that it cannot be read. */
  partial: StrictRequest | undefined
  /** Bytes behind the last whole request. */
  rest: string
  /** Why the rest is not the beginning of a request; undefined if it is one. */
  fault: string | undefined
}

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
const REQUEST_LINE = /^([^ ]+) ([\x21-\x7e]+) HTTP\/(1\.[01])$/
/** As RFC 9112 section 3 has a lenient server read it, with names of protocols that Node takes for HTTP, and HTTP/0.9. */
const LENIENT_LINE = /^([^ ]+) +([\x21-\x7e]+)(?: +(?:HTTP|RTSP|ICE)\/(\d\.\d))?$/
const FIELD = /^([^:]+):[\t ]*(.*?)[\t ]*$/s
/** Field content: no control character but HTAB (RFC 9110 section 5.5). */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const CHUNK_LINE = /^0*([\da-f]{1,16})(?:;[\t\x20-\x7e\x80-\xff]*)?$/i

class Fault extends Error {}
/** Thrown where the text ends before what is read does. */
class Short extends Error {}

/**
 * Reads all requests of one connection. `lenientStart` lets pass what cannot make another request of one: whatever ends
 * a line, ahead of a request (RFC 9112 section 2.2), several spaces in the request line, and other versions, which are
 * told.
 */
export function readStrictly(text: string, { lenientStart = false } = {}): StrictReading {
  const requests: StrictRequest[] = []
  let at = 0
  while (at < text.length) {
    const reader = new Reader(text, at, lenientStart)
    let partial: StrictRequest | undefined
    try {
      reader.skipEmptyLines()
      if (reader.at === text.length) break
      partial = reader.head()
      reader.body(partial)
      requests.push(partial)
      at = reader.at
    } catch (error) {
      if (!(error instanceof Fault || error instanceof Short)) throw error
      return {
        requests,
        partial,
        rest: text.slice(at),
        fault: error instanceof Fault ? error.message : undefined,
      }
    }
  }
  return { requests, partial: undefined, rest: '', fault: undefined }
}

/** What Node's parser finds on a connection, and what the strict reader does: method, target and body of each request. */
export async function nodesReading(text: string): Promise<{ read: string[]; sent: string[] }> {
  const found: { line: string; body: string; isWhole: boolean }[] = []
  const server = createServer((request, response) => {
    const one = { line: `${request.method} ${request.url}`, body: '', isWhole: false }
    found.push(one)
    request.on('error', () => {})
    request.on('data', (chunk: Buffer) => {
      one.body += chunk.toString('latin1')
    })
    request.on('end', () => {
      one.isWhole = true
      response.end()
    })
  })
  const whole = () => found.filter(({ isWhole }) => isWhole).map(({ line, body }) => `${line} ${body}`)
  const wire = new Duplex({
    read() {},
    write(_chunk, _encoding, done) {
      done()
    },
  })
  server.emit('connection', wire)
  wire.push(text, 'latin1')
  const { requests } = readStrictly(text)
  const sent = requests.map(({ method, target, body }) => `${method} ${target} ${body}`)
  for (let turns = 0; turns < sent.length + 20; turns++) await new Promise(setImmediate)
  wire.destroy()
  return { read: whole(), sent }
}

/** All values of a header, whose name is given in lower case. */
export function valuesOf(name: string, { headers }: Pick<StrictRequest, 'headers'>): string[] {
  return headers.filter(([given]) => given.toLowerCase() === name).map(([, value]) => value)
}

class Reader {
  readonly #text: string
  readonly #isLenient: boolean
  at: number

  constructor(text: string, at: number, isLenient: boolean) {
    this.#text = text
    this.at = at
    this.#isLenient = isLenient
  }

  skipEmptyLines(): void {
    while (this.#isLenient && /[\r\n]/.test(this.#text.charAt(this.at))) this.at++
  }

  head(): StrictRequest {
    const line = this.#line()
    const pattern = this.#isLenient ? LENIENT_LINE : REQUEST_LINE
    const [, method = '', target = '', version = '0.9'] = pattern.exec(line) ?? []
    if (!TOKEN.test(method)) throw new Fault('the request line is none')
    const headers = this.#fields()
    return { method, target, version, headers, framing: framingOf(version, headers), body: '' }
  }

  /** Reads the body into its request. */
  body(request: StrictRequest): void {
    if (request.framing === 'length') this.#take(Number(valuesOf('content-length', request)[0]), request)
    if (request.framing === 'chunked') this.#chunks(request)
  }

  #chunks(request: StrictRequest): void {
    for (;;) {
      const [, digits] = CHUNK_LINE.exec(this.#line()) ?? []
      if (digits === undefined) throw new Fault('a chunk has no size')
      const size = Number.parseInt(digits, 16)
      if (size === 0) break
      this.#take(size, request)
      if (this.#line() !== '') throw new Fault('a chunk is longer than it says')
    }
    this.#fields()
  }

  #take(length: number, request: StrictRequest): void {
    request.body += this.#text.slice(this.at, this.at + length)
    if (this.at + length > this.#text.length) throw new Short()
    this.at += length
  }

  #fields(): [string, string][] {
    const fields: [string, string][] = []
    for (let line = this.#line(); line !== ''; line = this.#line()) {
      const [, name = '', value = ''] = FIELD.exec(line) ?? []
      if (!TOKEN.test(name)) throw new Fault('a header has no name')
      if (!VALUE.test(value)) throw new Fault('a header holds what it must not')
      fields.push([name, value])
    }
    return fields
  }

  /** One line, without what ends it. A CR or LF by itself is a fault, as soon as it is seen. */
  #line(): string {
    const rest = this.#text.slice(this.at)
    const [line = ''] = /^[^\r\n]*/.exec(rest) ?? []
    const end = rest.slice(line.length, line.length + 2)
    if (end === '\r\n') {
      this.at += line.length + 2
      return line
    }
    if (end === '' || end === '\r') throw new Short()
    throw new Fault('a line does not end with CRLF')
  }
}

/** Where the body ends (RFC 9112 section 6.3), if that is said once and cannot be read in two ways. */
function framingOf(version: string, headers: [string, string][]): StrictRequest['framing'] {
  const codings = valuesOf('transfer-encoding', { headers })
  const lengths = valuesOf('content-length', { headers })
  if (codings.length + lengths.length > 1) throw new Fault('the length of the body is said more than once')
  if (codings.length > 0) {
    if (version !== '1.1') throw new Fault('HTTP/1.0 knows no transfer coding')
    if (codings[0]?.toLowerCase() !== 'chunked') throw new Fault('the transfer coding is not chunked')
    return 'chunked'
  }
  if (lengths.length === 0) return 'none'
  if (!/^\d+$/.test(lengths[0] ?? '') || !Number.isSafeInteger(Number(lengths[0])))
    throw new Fault('the length is no number of bytes')
  return 'length'
}
