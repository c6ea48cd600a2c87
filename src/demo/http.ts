import { once } from 'node:events'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'

/** A whole response, ready to send. */
export interface Answer {
  status: number
  headers?: Record<string, string>
  body?: string | Uint8Array
}

/** Makes the answer to one request. The signal aborts when the client leaves before it has its answer. */
export type Answerer = (request: IncomingMessage, signal: AbortSignal) => Promise<Answer>

/**
 * Starts listening.
 *
 * @param port - 0 for any free one
 * @returns the origin, for example `http://127.0.0.1:8080`
 */
export async function listen(server: Server, host: string, port: number): Promise<string> {
  server.listen(port, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no TCP address')
  return `http://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

/** Stops listening and breaks off every connection; may be called again. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

/** Turns an answerer into a listener for node:http; an answerer that throws gives a bare 500. */
export function serve(answerer: Answerer): RequestListener {
  return (request, response) => {
    const departure = new AbortController()
    response.once('close', () => departure.abort())
    answerer(request, departure.signal)
      .catch((): Answer => ({ status: 500 }))
      .then((answer) => send(response, answer))
  }
}

function send(response: ServerResponse, { status, headers = {}, body }: Answer): void {
  response.statusCode = status
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}

/** A JSON answer. */
export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(value),
  }
}

/**
 * Reads a request body that is small enough to keep.
 *
 * @param limit - bytes
 * @returns the body, or undefined when it is longer than the limit
 */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  // What goes over the limit is still read: a client that is busy sending would not see the refusal.
  for await (const chunk of request) {
    size += chunk.length
    if (size <= limit) chunks.push(chunk)
  }
  return size <= limit ? Buffer.concat(chunks) : undefined
}
