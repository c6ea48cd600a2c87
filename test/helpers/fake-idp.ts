import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

interface TokenRequest {
  /** performance.now() at its arrival. */
  at: number
  method: string
  path: string
  headers: IncomingMessage['headers']
  form: URLSearchParams
}

export interface FakeIdp {
  tokenUrl: string
  port: number
  requests: TokenRequest[]
  /** From now on answers with this. */
  answerWith(answer: IdpAnswer): void
  close(): Promise<void>
}

export type IdpAnswer = (request: TokenRequest, response: ServerResponse, number: number) => void

/** Tokens `token-1`, `token-2`, … that live so many seconds. */
export function tokens(expiresIn: unknown = 300, prefix = 'token'): IdpAnswer {
  return (_request, response, number) => {
    json(response, 200, { access_token: `${prefix}-${number}`, expires_in: expiresIn, token_type: 'Bearer' })
  }
}

/** Any JSON answer. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

/** An identity provider that records what it is asked and answers as it is told, well or badly. */
export async function fakeIdp(first: IdpAnswer = tokens()): Promise<FakeIdp> {
  const requests: TokenRequest[] = []
  const sockets = new Set<Socket>()
  let answer = first
  const server = createServer(async (request, response) => {
    const at = performance.now()
    let body = ''
    try {
      for await (const chunk of request) body += String(chunk)
    } catch {
      return
    }
    const seen = {
      at,
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      form: new URLSearchParams(body),
    }
    requests.push(seen)
    answer(seen, response, requests.length)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    tokenUrl: `http://127.0.0.1:${port}/oauth/token`,
    port,
    requests,
    answerWith(next) {
      answer = next
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
