import type { RequestListener } from 'node:http'
import type { Identity } from '../../helpers/certificate.ts'
import { streamingCluster } from '../../helpers/fake-cluster.ts'
import { type Gate, openGate } from './gate.ts'
import type { Provider, Verdict } from './provider.ts'

/** A cluster that looks at the token of each request: the provider says what it is worth, by its own clock. */
export interface Cluster {
  /** Where it is called, through its gate. */
  url: string
  gate: Gate
  /** How many requests came with a token of this kind. */
  seen: Record<Verdict, number>
  /** When the newest token was given that it has seen: on the clock of `performance.now()`. */
  newestToken(): number
  /** From now on answers requests with a good token so; the others get a 401, as ever. */
  answerWith(listener: RequestListener): void
  /** Everything in order: opens the gate and answers 200. */
  mend(): Promise<void>
  close(): Promise<void>
}

const ok: RequestListener = (request, response) => {
  request.resume().once('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"ok":true}')
  })
}

const unauthorized: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(401, { 'content-type': 'application/json' }).end('{"status":401}')
}

/** A cluster behind a gate; `identity` makes it speak https. */
export async function startCluster(provider: Provider, identity?: Identity): Promise<Cluster> {
  const seen: Cluster['seen'] = { good: 0, expired: 0, revoked: 0, unknown: 0, missing: 0 }
  let newest = 0
  let answer = ok
  const cluster = await streamingCluster((request, response) => {
    const { verdict, issuedAt } = provider.judge(request.headers.authorization)
    seen[verdict]++
    newest = Math.max(newest, issuedAt)
    const listener = verdict === 'good' ? answer : unauthorized
    listener(request, response)
  })
  const gate = await openGate(cluster.port, identity)
  return {
    url: `${identity === undefined ? 'http' : 'https'}://127.0.0.1:${gate.port}`,
    gate,
    seen,
    newestToken: () => newest,
    answerWith(listener) {
      answer = listener
    },
    async mend() {
      answer = ok
      await gate.be('open')
    },
    async close() {
      await gate.close()
      await cluster.close()
    },
  }
}
