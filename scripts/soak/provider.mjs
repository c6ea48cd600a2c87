/** The identity provider of a soak: tokens that live for seconds, and the faults of `faults.provider`. */
import { setTimeout as sleep } from 'node:timers/promises'
import { openServer } from './sockets.mjs'

/** How long tokens live, in seconds: each is renewed after 70 to 80 % of that. */
export const LIFETIMES_S = [4, 8]
const SLOW_MS = 4_000

/**
 * @typedef {object} Token
 * @property {number} number
 * @property {number} issuedAt on `performance.now()`, as the next two
 * @property {number} expiresAt
 * @property {number} revokedAt infinity unless it was revoked
 * @property {boolean} isAccepted whether the cluster has accepted it
 */

/** How a request is answered under each fault that needs more than a closed door. */
const spoilt = {
  resets: (response) => response.socket?.resetAndDestroy(),
  'answers half'(response) {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '200' })
    response.write('{"access_token":"half-a-tok')
    setTimeout(() => response.destroy(), 50)
  },
  'answers 500': (response) => response.writeHead(500).end('{"error":"server_error"}'),
  'answers 429': (response) => response.writeHead(429, { 'retry-after': '2' }).end(),
  'answers 503': (response) => response.writeHead(503, { 'retry-after': '1' }).end(),
  'answers with a page': (response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Sign in</title>'),
  'answers with nothing': (response) => response.writeHead(200, { 'content-type': 'application/json' }).end(),
}

/** @param {ReturnType<typeof import('./random.mjs').chance>} random */
export async function startProvider(random) {
  /** @type {Map<string, Token>} */
  const tokens = new Map()
  /** When each token request came, on `performance.now()`. */
  const requests = []
  let fault
  const server = await openServer(async (request, response) => {
    request.resume()
    requests.push(performance.now())
    const lifetimeS = random.between(...LIFETIMES_S)
    if (fault === 'is slow') await sleep(SLOW_MS)
    if (spoilt[fault] !== undefined) return spoilt[fault](response)
    const issuedAt = performance.now()
    const number = tokens.size + 1
    const token = `soak-token-${number}`
    const expiresAt = issuedAt + lifetimeS * 1_000
    tokens.set(token, { number, issuedAt, expiresAt, revokedAt: Infinity, isAccepted: false })
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ access_token: token, expires_in: lifetimeS, token_type: 'Bearer' }))
  })
  return {
    tokenUrl: `${server.url}/oauth/token`,
    tokens,
    requests,
    async begin(kind) {
      fault = kind
      if (kind === 'refuses connections') await server.shut()
    },
    async end() {
      fault = undefined
      await server.open()
    },
    close: server.shut,
  }
}
