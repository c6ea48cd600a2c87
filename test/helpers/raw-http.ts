import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  status: number
  /** Status line and headers as they stood on the wire. */
  head: string
  header(name: string): string | undefined
  body: string
}

const WAIT_MS = 5_000

/** Sends bytes as they are and reads one answer: what a client library would not send, or would hide. */
export function rawRequest(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    )
    let received = ''
    const finish = () => {
      clearTimeout(timer)
      socket.destroy()
      received === '' ? reject(new Error('no answer')) : resolve(parseAnswer(received))
    }
    const timer = setTimeout(finish, WAIT_MS)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (isWhole(received)) finish()
    })
    socket.on('end', finish)
    socket.on('error', finish)
  })
}

/** A request line and headers as text, with Host, ready for rawRequest. */
export function requestHead(
  method: string,
  target: string,
  headers: string[] = [],
  host = 'localhost',
): string {
  return [`${method} ${target} HTTP/1.1`, `Host: ${host}`, ...headers, '', ''].join('\r\n')
}

/** A connection whose use is up to the test. */
export async function openSocket(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.once('connect', resolve))
  return socket
}

export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const head = end === -1 ? text : text.slice(0, end)
  const body = end === -1 ? '' : text.slice(end + 4)
  const header = (name: string) =>
    head
      .split('\r\n')
      .find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      ?.slice(name.length + 1)
      .trim()
  return { status: Number(head.split(' ')[1]), head, header, body }
}

function isWhole(text: string): boolean {
  const { head, header, body } = parseAnswer(text)
  if (!text.includes('\r\n\r\n') || /^HTTP\/1\.1 1\d\d/.test(head)) return false
  const length = header('content-length')
  if (length !== undefined) return Buffer.byteLength(body, 'latin1') >= Number(length)
  return header('transfer-encoding') === 'chunked' && body.endsWith('0\r\n\r\n')
}
