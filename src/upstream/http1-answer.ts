import { TOKEN } from './headers.ts'

/** What the head of an answer says (RFC 9112 sections 4 to 6). */
export interface AnswerHead {
  status: number
  reason: string
  /** Names and values, flat, as they came; one character for each byte. */
  headers: string[]
  /** How the body ends: after so many bytes, with its last chunk, or with the connection. */
  framing: number | 'chunked' | 'until-close'
  /** Whether the connection may carry another exchange. */
  persists: boolean
  /** How long the server keeps an idle connection, in seconds, if it says so. */
  keepAliveS: number | undefined
}

/** Hears of one answer after another. What it throws comes out of `read`. */
export interface AnswerSink {
  onHead(head: AnswerHead): void
  onBody(chunk: Buffer): void
  /** The answer is whole; `clean` says that nothing followed it. */
  onEnd(clean: boolean): void
}

/** An answer that is no HTTP/1.1, or that broke off. Its message holds nothing of the answer. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError'
  readonly code: 'ANSWER_MALFORMED' | 'ANSWER_HEAD_TOO_LARGE' | 'ANSWER_CUT_OFF'

  constructor(code: AnswerError['code'], message: string) {
    super(message)
    this.code = code
  }
}

const MAX_HEAD_BYTES = 64 * 1024
/** Of the line before a chunk, and of all trailers together. */
const MAX_LINE_BYTES = 16 * 1024
/** Before one final answer: a server that says each second that it is still at it says so for a quarter of an hour. */
export const MAX_INTERIM_ANSWERS = 1_000
const HEAD_END = '\r\n\r\n'
const [CR, LF] = [0x0d, 0x0a] as const
const NOTHING: Buffer = Buffer.alloc(0)
const BEGINNING = Buffer.from('HTTP/1.')

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: (.*))?$/
/** Controls, NUL among them, and line ends that are not CR and LF together. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]|\r(?!\n)|(?<!\r)\n/
const FRAMING = /^(?:content-length|transfer-encoding)$/i
const CLOSE = /(?:^|,)[\t ]*close[\t ]*(?:,|$)/i
/** Up to 2^52 bytes, with extensions that nobody here reads (RFC 9112 section 7.1.1). */
const CHUNK_SIZE =
  /^([\da-f]{1,13})(?:;[\w!#$%&'*+.^`|~-]+(?:=(?:[\w!#$%&'*+.^`|~-]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)*$/i

/**
 * Reads the head of a final or interim answer, without the empty line that ends it. Stricter than RFC 9112 asks a
 * client to be: whatever two readers could take for different lengths is refused, and so is a folded line.
 * @throws AnswerError
 */
export function parseHead(text: string, method: string): AnswerHead {
  if (FORBIDDEN.test(text)) throw malformed('its head holds a control character')
  const lines = text.split('\r\n')
  const start = STATUS_LINE.exec(lines[0] ?? '')
  if (start === null) throw malformed('its status line cannot be read')
  const status = Number(start[2])
  const fields: Framed = { length: undefined, chunked: false, connection: '', keepAliveS: undefined }
  const headers: string[] = []
  for (let i = 1; i < lines.length; i++) readField(lines[i] as string, headers, fields) // within the bounds
  const isOld = start[1] === '0'
  if (fields.chunked && (isOld || fields.length !== undefined))
    throw malformed('two of its headers claim to say where it ends')
  const framing = framingOf(status, method, fields)
  return {
    status,
    reason: start[3] ?? '',
    headers,
    framing,
    persists:
      !isOld && framing !== 'until-close' && !CLOSE.test(fields.connection) && !isDubious(status, fields),
    keepAliveS: fields.keepAliveS,
  }
}

/** What the headers say of where the answer ends, and of the connection. */
interface Framed {
  length: number | undefined
  chunked: boolean
  connection: string
  keepAliveS: number | undefined
}

function readField(line: string, headers: string[], framed: Framed): void {
  const name = nameIn(line)
  const value = withoutBlanks(line, name.length + 1)
  headers.push(name, value)
  if (LENGTHS.has(name.length)) readers.get(name.toLowerCase())?.(value, framed)
}

/** @throws AnswerError if the line is no header */
function nameIn(line: string): string {
  const name = line.slice(0, Math.max(0, line.indexOf(':')))
  if (!TOKEN.test(name)) throw malformed('one of its headers cannot be read')
  return name
}

const readers = new Map<string, (value: string, framed: Framed) => void>([
  [
    'content-length',
    (value, framed) => {
      if (framed.length !== undefined || !/^\d{1,15}$/.test(value))
        throw malformed('its length cannot be read')
      framed.length = Number(value)
    },
  ],
  [
    'transfer-encoding',
    (value, framed) => {
      if (framed.chunked || value.toLowerCase() !== 'chunked') throw malformed('its coding is not known')
      framed.chunked = true
    },
  ],
  [
    'connection',
    (value, framed) => {
      framed.connection += `,${value}`
    },
  ],
  [
    'keep-alive',
    (value, framed) => {
      const timeout = /(?:^|[,\s])timeout=(\d{1,9})/i.exec(value)?.[1]
      if (timeout !== undefined) framed.keepAliveS = Number(timeout)
    },
  ],
])

/** Few names are as long as one of those that matter. */
const LENGTHS = new Set([...readers.keys()].map((name) => name.length))

/** The text from there on, without blanks at either end: other spaces are bytes like any. */
function withoutBlanks(text: string, from: number): string {
  let start = from
  let end = text.length
  while (start < end && isBlank(text.charCodeAt(start))) start++
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function framingOf(status: number, method: string, { length, chunked }: Framed): AnswerHead['framing'] {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 0
  return chunked ? 'chunked' : (length ?? 'until-close')
}

/** A 204 has no body and may not say that it has (RFC 9112 section 6.1, RFC 9110 section 8.6); one may come all the same. */
function isDubious(status: number, { length = 0, chunked }: Framed): boolean {
  return status === 204 && (chunked || length > 0)
}

function malformed(what: string): AnswerError {
  return new AnswerError('ANSWER_MALFORMED', `The answer is no HTTP/1.1: ${what}.`)
}

type State = 'idle' | 'head' | 'length' | 'until-close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers'

/** Reads the answers on one connection, chunk by chunk as they come, and keeps no more of them than an unfinished line. */
export class AnswerReader {
  readonly #sink: AnswerSink
  #state: State = 'idle'
  #method = ''
  /** Of a head or a line whose end has not come yet, with room for more. */
  #kept: Buffer = NOTHING
  #keptBytes = 0
  /** Bytes of the body, or of its chunk, that are still to come. */
  #left = 0
  #trailerBytes = 0
  #interimAnswers = 0

  constructor(sink: AnswerSink) {
    this.#sink = sink
  }

  /** A request of this method has been sent: the next bytes answer it. */
  expect(method: string): void {
    this.#method = method
    this.#state = 'head'
    this.#interimAnswers = 0
  }

  /** @throws AnswerError, after which nothing more can be read */
  read(chunk: Buffer): void {
    let rest: Buffer | undefined = chunk
    while (rest !== undefined && rest.length > 0) rest = this.#step(rest)
  }

  /** The connection has ended. @throws AnswerError if the answer had not */
  close(): void {
    if (this.#state === 'until-close') this.#finish(undefined)
    else if (this.#state !== 'idle') throw new AnswerError('ANSWER_CUT_OFF', 'The answer broke off.')
  }

  /** Reads what it can, and returns what is left to read; undefined where more has to come. */
  #step(bytes: Buffer): Buffer | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes)
      case 'length':
      case 'chunk':
        return this.#readCounted(bytes)
      case 'until-close':
        this.#sink.onBody(bytes)
        return undefined
      case 'chunk-size':
      case 'chunk-end':
      case 'trailers':
        return this.#readLine(bytes)
      case 'idle':
        throw malformed('bytes came that nobody asked for')
    }
  }

  #readHead(bytes: Buffer): Buffer | undefined {
    const known = this.#keptBytes
    const all = this.#join(bytes)
    const end = all.indexOf(HEAD_END, Math.max(0, known - HEAD_END.length + 1), 'latin1')
    if (end > MAX_HEAD_BYTES || (end === -1 && all.length > MAX_HEAD_BYTES))
      throw new AnswerError('ANSWER_HEAD_TOO_LARGE', 'The head of the answer is too large.')
    if (end === -1) {
      // Whoever speaks another protocol, or ends lines otherwise, may wait for us to speak.
      const lineEnd = all.indexOf(LF, known)
      if (!isBeginning(all) || (lineEnd !== -1 && all[lineEnd - 1] !== CR))
        throw malformed('it does not begin like one')
      return this.#keep(all)
    }
    this.#letGo()
    const head = parseHead(all.toString('latin1', 0, end), this.#method)
    const rest = all.subarray(end + HEAD_END.length)
    if (head.status === 101) throw malformed('it switches protocols, which nobody asked for')
    // An interim answer (RFC 9110 section 15.2): the final one is still to come.
    if (head.status >= 200) return this.#begin(head, rest)
    if (!head.persists) throw malformed('it ends the connection before it has begun')
    if (++this.#interimAnswers > MAX_INTERIM_ANSWERS) throw malformed('too many interim ones precede it')
    return rest
  }

  #begin(head: AnswerHead, rest: Buffer): Buffer | undefined {
    const { framing } = head
    this.#sink.onHead(head)
    if (framing === 0) return this.#finish(rest)
    if (typeof framing === 'number') this.#left = framing
    this.#state = typeof framing === 'number' ? 'length' : framing === 'chunked' ? 'chunk-size' : framing
    return rest
  }

  #readCounted(bytes: Buffer): Buffer | undefined {
    const part = bytes.length <= this.#left ? bytes : bytes.subarray(0, this.#left)
    this.#left -= part.length
    this.#sink.onBody(part)
    if (this.#left > 0) return undefined
    const rest = bytes.subarray(part.length)
    if (this.#state === 'length') return this.#finish(rest)
    this.#state = 'chunk-end'
    return rest
  }

  #readLine(bytes: Buffer): Buffer | undefined {
    const known = this.#keptBytes
    const all = this.#join(bytes)
    const end = all.indexOf(LF, known)
    if (end > MAX_LINE_BYTES || (end === -1 && all.length > MAX_LINE_BYTES))
      throw malformed('a line is too long')
    if (end === -1) return this.#keep(all)
    if (all[end - 1] !== CR) throw malformed('a line ends without CR')
    this.#letGo()
    const rest = all.subarray(end + 1)
    const line = all.toString('latin1', 0, end - 1)
    if (this.#state === 'trailers') return this.#skipTrailer(line, rest)
    if (this.#state === 'chunk-size') this.#beginChunk(line)
    else if (line === '') this.#state = 'chunk-size'
    else throw malformed('a chunk is longer than it says')
    return rest
  }

  #beginChunk(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1]
    if (size === undefined) throw malformed('the size of a chunk cannot be read')
    this.#left = Number.parseInt(size, 16)
    this.#trailerBytes = 0
    this.#state = this.#left === 0 ? 'trailers' : 'chunk'
  }

  /** Trailers end here: they are for who uses the connection (RFC 9110 section 6.5.1). */
  #skipTrailer(line: string, rest: Buffer): Buffer | undefined {
    if (line === '') return this.#finish(rest)
    if (FORBIDDEN.test(line)) throw malformed('a trailer holds a control character')
    if (FRAMING.test(nameIn(line))) throw malformed('a trailer claims to say where it ends')
    this.#trailerBytes += line.length
    if (this.#trailerBytes > MAX_LINE_BYTES) throw malformed('its trailers are too long')
    return rest
  }

  /** What follows a whole answer answers nothing, whatever is asked next. */
  #finish(rest: Buffer | undefined): undefined {
    this.#state = 'idle'
    this.#sink.onEnd(rest?.length === 0)
  }

  /** What was kept, and these bytes. */
  #join(bytes: Buffer): Buffer {
    const known = this.#keptBytes
    if (known === 0) return bytes
    const length = known + bytes.length
    // Twice of what there is, lest all of it be copied for each byte that comes alone.
    if (length > this.#kept.length) this.#kept = Buffer.concat([this.#kept.subarray(0, known)], 2 * length)
    bytes.copy(this.#kept, known)
    return this.#kept.subarray(0, length)
  }

  #keep(all: Buffer): undefined {
    if (this.#keptBytes === 0) this.#kept = all
    this.#keptBytes = all.length
  }

  /** Its room is not used again: what followed the head or the line there is handed on as it is. */
  #letGo(): void {
    this.#kept = NOTHING
    this.#keptBytes = 0
  }
}

function isBeginning(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, BEGINNING.length)
  return bytes.compare(BEGINNING, 0, length, 0, length) === 0
}
