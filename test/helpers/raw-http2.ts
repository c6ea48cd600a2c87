import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import type { Identity } from './certificate.ts'

/** What a test may send on a stream, frame by frame (RFC 9113 section 6): what Node's own server would not. */
export interface RawStream {
  id: number
  /** `:status: 200`, or of three other characters. */
  head(status?: string): void
  data(text: string, end?: boolean): void
  reset(code: number): void
  /** Asks the client to move on; streams above `last` are not carried out. */
  goAway(last: number, code?: number): void
  /** Ends the connection without a word. */
  cut(): void
}

const PREFACE_BYTES = 24
const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7 }
const [ACK, END_STREAM, END_HEADERS] = [1, 1, 4]
/** `:status` in the static table of HPACK (RFC 7541 appendix A), with a literal of three bytes to come. */
const STATUS = Buffer.from([0x08, 3])

/** A server of HTTP/2 that knows frames and nothing else. */
export async function rawHttp2(
  t: Test,
  identity: Identity,
  onStream: (stream: RawStream) => void,
): Promise<{ port: number; connections(): number }> {
  const sockets: TLSSocket[] = []
  const server = createServer({ ...identity, ALPNProtocols: ['h2'] }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    const send = (type: number, flags: number, id: number, payload: Buffer = Buffer.alloc(0)) => {
      const head = Buffer.alloc(9)
      head.writeUIntBE(payload.length, 0, 3)
      head[3] = type
      head[4] = flags
      head.writeUInt32BE(id, 5)
      socket.write(Buffer.concat([head, payload]))
    }
    send(FRAME.settings, 0, 0)
    let seen = Buffer.alloc(0)
    let offset = PREFACE_BYTES
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk])
      while (seen.length >= offset + 9 + lengthAt(seen, offset)) {
        const [type, flags, id] = [seen[offset + 3], seen[offset + 4] ?? 0, seen.readUInt32BE(offset + 5)]
        offset += 9 + lengthAt(seen, offset)
        if (type === FRAME.settings && (flags & ACK) === 0) send(FRAME.settings, ACK, 0)
        if (type === FRAME.headers) onStream(stream(id, send, () => socket.destroy()))
      }
    })
  })
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => sockets.length }
}

function lengthAt(bytes: Buffer, offset: number): number {
  return bytes.length < offset + 9 ? Number.POSITIVE_INFINITY : bytes.readUIntBE(offset, 3)
}

function stream(
  id: number,
  send: (type: number, flags: number, id: number, payload?: Buffer) => void,
  cut: () => void,
): RawStream {
  const words = (...values: number[]) => {
    const bytes = Buffer.alloc(4 * values.length)
    values.forEach((value, i) => {
      bytes.writeUInt32BE(value, 4 * i)
    })
    return bytes
  }
  return {
    id,
    head: (status = '200') =>
      send(FRAME.headers, END_HEADERS, id, Buffer.concat([STATUS, Buffer.from(status)])),
    data: (text, end = false) => send(FRAME.data, end ? END_STREAM : 0, id, Buffer.from(text)),
    reset: (code) => send(FRAME.reset, 0, id, words(code)),
    goAway: (last, code = 0) => send(FRAME.goAway, 0, 0, words(last, code)),
    cut,
  }
}
