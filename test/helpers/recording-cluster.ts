import type { Socket } from 'node:net'
import { rawServer } from './fake-cluster.ts'
import { readStrictly, type StrictRequest } from './strict-http.ts'

/** Requests for this are answered and not counted: they are the test's own. */
export const BARRIER = '/v2/barrier'

/** A cluster on plain sockets: what it gets is kept byte by byte and read by a strict reader. */
export interface RecordingCluster {
  url: string
  /** What `Host` has to say. */
  host: string
  /** Requests that came whole, in the order of their ends. */
  seen: StrictRequest[]
  /** Those that broke off behind their heads. */
  brokenOff: StrictRequest[]
  /** What could not be read, and why. */
  faults: string[]
  /** The bytes of each connection. */
  wires: string[]
  /** Requests that have begun and are neither whole nor broken off. */
  open(): number
  close(): Promise<void>
}

/** What it answers: the request line that it saw, so that answers cannot be mixed up unseen. */
export function echo({ method, target }: Pick<StrictRequest, 'method' | 'target'>): string {
  return `${method} ${target}`
}

export async function recordingCluster(): Promise<RecordingCluster> {
  const seen: StrictRequest[] = []
  const brokenOff: StrictRequest[] = []
  const faults: string[] = []
  const wires: string[] = []
  const begun = new Set<Socket>()
  const server = await rawServer((socket) => {
    const wire = wires.push('') - 1
    let unread = ''
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      wires[wire] += text
      const { requests, rest, fault } = readStrictly(unread + text)
      unread = rest
      for (const request of requests) {
        if (request.target !== BARRIER) seen.push(request)
        socket.write(answerTo(request), 'latin1')
      }
      if (rest === '') begun.delete(socket)
      else begun.add(socket)
      if (fault === undefined) return
      faults.push(`${fault}: ${JSON.stringify(rest)}`)
      socket.destroy()
    })
    socket.on('close', () => {
      begun.delete(socket)
      const { partial } = readStrictly(unread)
      if (partial !== undefined) brokenOff.push(partial)
    })
  })
  const { host } = new URL(server.url)
  return { ...server, host, seen, brokenOff, faults, wires, open: () => begun.size }
}

function answerTo(request: StrictRequest): string {
  const body = echo(request)
  const head = `HTTP/1.1 200 OK\r\nX-Cluster: saw it\r\nContent-Length: ${body.length}\r\n\r\n`
  return request.method === 'HEAD' ? head : head + body
}
