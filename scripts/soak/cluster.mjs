/**
 * The cluster of a soak. It knows whether each token that it sees may be used, answers so that callers can check what
 * they get, and knows the faults of `faults.cluster`; what it did to a request it notes under the request's id.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { lag } from './lag.mjs'
import { pattern } from './pattern.mjs'
import { openServer } from './sockets.mjs'

const STALL_MS = 3_000
/** How long after a newer token was issued an older one may still come: requests are on their way. */
const OVERTAKEN_MS = 1_500
/** A request was sent before it came; on a busy machine, by as much again as this script is late, and the proxy too. */
const LATE_MS = 250
const lateMs = () => LATE_MS + 2 * lag()
/** Of the requests during a fault that is done to single ones. */
const SHARE = 0.5
const CHUNK = 64 * 1024

/** How a request is answered under each fault that takes its answer's place. */
const spoilt = {
  'resets before the head': (_request, response) => response.socket?.resetAndDestroy(),
  'resets within the head'(_request, response) {
    response.socket?.write('HTTP/1.1 200 OK\r\ncontent-type: appl', () => response.socket?.destroy())
  },
  'answers half'(_request, response) {
    response.writeHead(200, { 'content-length': '100000' })
    response.write(pattern(0, 50_000))
    setTimeout(() => response.destroy(), 20)
  },
  'answers garbage'(_request, response) {
    response.socket?.write('SSH-2.0-OpenSSH_9.2\r\n\r\n', () => response.socket?.destroy())
  },
  'answers 429': (request, response) => refuse(request, response, 429),
  'answers 500': (request, response) => refuse(request, response, 500),
  'answers 503': (request, response) => refuse(request, response, 503),
}

/**
 * @param {Map<string, import('./provider.mjs').Token>} tokens
 * @param {ReturnType<typeof import('./random.mjs').chance>} random
 */
export async function startCluster(tokens, random) {
  /** What was done to each request: the faults of all its attempts. @type {Map<string, string[]>} */
  const done = new Map()
  /** What must never happen, in words. @type {string[]} */
  const violations = []
  const state = { fault: undefined, open: 0, requests: 0 }
  const server = await openServer((request, response) => {
    state.requests++
    state.open++
    response.once('close', () => state.open--)
    request.on('error', () => {})
    const id = String(request.headers['x-soak-id'])
    const before = done.get(id)
    const wrong = wrongRepeat(request, before) ?? wrongToken(request, tokens)
    if (wrong !== undefined) violations.push(`${request.method} ${request.url} (${id}): ${wrong}`)
    const note = (what) => done.set(id, [...(before ?? []), what])
    note('nothing')
    if (!isAccepted(request, tokens)) {
      note('401')
      refuse(request, response, 401)
      return
    }
    const kind = state.fault
    if (spoilt[kind] !== undefined && random.happens(SHARE)) {
      note(kind)
      spoilt[kind](request, response)
      return
    }
    answer(request, response, kind).catch(() => response.destroy())
  })
  let closing
  return {
    url: server.url,
    done,
    violations,
    state,
    async begin(kind) {
      state.fault = kind
      if (kind === 'refuses connections') await server.shut()
      if (kind === 'closes idle connections') closing = setInterval(server.closeIdle, 10)
      if (kind === 'revokes tokens') revoke(tokens)
    },
    async end() {
      state.fault = undefined
      clearInterval(closing)
      await server.open()
    },
    close: server.shut,
  }
}

/** Only those that it has accepted: one that is refused at its first use tells of more than a revocation. */
function revoke(tokens) {
  for (const token of tokens.values()) if (token.isAccepted) token.revokedAt = performance.now()
}

function tokenOf(request, tokens) {
  return tokens.get(String(request.headers.authorization).replace('Bearer ', ''))
}

function isAccepted(request, tokens) {
  const token = tokenOf(request, tokens)
  if (token === undefined || token.revokedAt < performance.now()) return false
  token.isAccepted = true
  return true
}

function wrongToken(request, tokens) {
  const now = performance.now()
  const token = tokenOf(request, tokens)
  if (token === undefined) return `no token of the provider's: ${request.headers.authorization}`
  if (now > token.expiresAt + lateMs())
    return `a token that expired ${Math.round(now - token.expiresAt)} ms ago`
  const newer = [...tokens.values()][token.number]
  if (newer !== undefined && now > newer.issuedAt + OVERTAKEN_MS + lateMs())
    return `a token that was replaced ${Math.round(now - newer.issuedAt)} ms ago`
  return undefined
}

/** A second sending is for a 401, or for a safe method whose connection was lost. */
function wrongRepeat({ method }, before) {
  if (before === undefined || before.at(-1) === '401' || method === 'GET') return undefined
  return `sent again after ${before.join(', ')}`
}

function refuse(request, response, status) {
  request.resume()
  response.writeHead(status, { 'content-type': 'application/problem+json', 'x-soak': 'cluster' })
  response.end(JSON.stringify({ type: 'about:blank', title: 'refused', status }))
}

async function answer(request, response, fault) {
  const url = new URL(request.url, 'http://cluster')
  const size = Number(url.searchParams.get('bytes') ?? 0)
  const digest = createHash('sha256')
  for await (const chunk of request) {
    digest.update(chunk)
    if (fault === 'reads in drops') await sleep(5)
  }
  if (fault === 'stalls') await sleep(STALL_MS)
  await sleep(Number(url.searchParams.get('wait') ?? 0))
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'x-soak-sha256': digest.digest('hex'),
  })
  const step = fault === 'answers in drops' ? Math.min(Math.ceil(size / 20), CHUNK) : CHUNK
  for (let at = 0; at < size; at += step) {
    if (response.destroyed) return
    response.write(pattern(at, Math.min(step, size - at)))
    if (fault === 'answers in drops') await sleep(20)
    if (response.writableNeedDrain) await drained(response)
  }
  response.end()
}

function drained(response) {
  return new Promise((resolve) => {
    const end = () => {
      response.off('drain', end)
      response.off('close', end)
      resolve()
    }
    response.once('drain', end)
    response.once('close', end)
  })
}
