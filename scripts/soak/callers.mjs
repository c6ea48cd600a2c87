/** The callers of a soak: what they ask for, and how each call went. */
import { createHash } from 'node:crypto'
import { Agent, request as send } from 'node:http'
import { pattern } from './pattern.mjs'

const KIB = 1024
const PATIENCE_MS = 45_000
/** Most answers are there within milliseconds; others take seconds. */
const LEAVES_WITHIN_MS = [3, 30, 800, 5_000]

/**
 * @typedef {object} Wish what a caller asks for
 * @property {string} name
 * @property {string} method
 * @property {string} path
 * @property {number} bodyBytes
 * @property {number} answerBytes
 * @property {string} [outcome] what is due; `ok` unless it says something else
 */
/**
 * @typedef {object} Call
 * @property {string} id
 * @property {string} name
 * @property {number} from in milliseconds from the beginning of the load, as `to`
 * @property {number} to
 * @property {string} outcome `ok`, `left`, or what went wrong
 */

/** Who calls, and how often compared with the others. */
const kinds = [
  { weight: 30, wish: (random) => read('a read', random.between(0, 4 * KIB)) },
  { weight: 12, wish: (random) => write('a search', random.between(2, 2 * KIB), random.between(0, 8 * KIB)) },
  { weight: 2, wish: (random) => write('an upload', random.between(300 * KIB, 4_000 * KIB), 0) },
  { weight: 2, wish: (random) => read('a download', random.between(300 * KIB, 4_000 * KIB)) },
  { weight: 3, wish: (random) => longPoll(random.between(2_000, 12_000)) },
  { weight: 1, wish: () => outOfScope() },
]
const LEAVERS = 0.15

const read = (name, answerBytes) => ({
  ...{ name, method: 'GET', path: `/v2/read?bytes=${answerBytes}` },
  ...{ bodyBytes: 0, answerBytes },
})
const write = (name, bodyBytes, answerBytes) => ({
  ...{ name, method: 'POST', path: `/v2/write?bytes=${answerBytes}` },
  ...{ bodyBytes, answerBytes },
})
const longPoll = (waitMs) => ({
  ...write('a long poll', 20, 10),
  path: `/v2/jobs/activation?wait=${waitMs}&bytes=10`,
})
const outOfScope = () => ({
  ...read('a path that is not forwarded', 0),
  ...{ path: '/internal/x', outcome: '404 path-not-allowed' },
})

/**
 * @param {string} url where the proxy listens
 * @param {ReturnType<typeof import('./random.mjs').chance>} random
 * @param {() => number} now milliseconds from the beginning of the load
 * @param {(call: Call) => void} onEnd
 */
export function makeCallers(url, random, now, onEnd) {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64 })
  const open = new Set()
  let count = 0
  return {
    /** Makes one more call. */
    call() {
      const id = String(++count)
      const wish = random.pick(kinds, ({ weight }) => weight).wish(random)
      const leavesAfterMs = random.happens(LEAVERS)
        ? random.between(0, random.pick(LEAVES_WITHIN_MS))
        : undefined
      const from = now()
      const call = callOnce(url, agent, id, wish, leavesAfterMs).then((seen) => {
        open.delete(call)
        const outcome = seen === (wish.outcome ?? 'ok') ? 'ok' : seen
        onEnd({ id, name: wish.name, from, to: now(), outcome })
      })
      open.add(call)
    },
    open: () => open.size,
    /** Resolves when every call has ended and no connection is left. */
    async leave() {
      await Promise.all(open)
      agent.destroy()
    },
  }
}

/** @returns {Promise<string>} how it went; never rejects */
function callOnce(url, agent, id, { method, path, bodyBytes, answerBytes }, leavesAfterMs) {
  return new Promise((resolve) => {
    const headers = { 'x-soak-id': id, ...(method === 'POST' && { 'content-length': bodyBytes }) }
    const call = send(url + path, { method, agent, headers })
    const timers = [setTimeout(() => end('no answer in time'), PATIENCE_MS)]
    const end = (outcome) => {
      for (const timer of timers) clearTimeout(timer)
      if (outcome === 'left' || outcome === 'no answer in time') call.destroy()
      resolve(outcome)
    }
    if (leavesAfterMs !== undefined) timers.push(setTimeout(() => end('left'), leavesAfterMs))
    const sent = createHash('sha256')
    call.once('error', ({ code, message }) => end(`no answer: ${code ?? message}`))
    call.once('response', (response) => judge(response, answerBytes, sent).then(end))
    sendBody(call, bodyBytes, sent)
  })
}

function sendBody(call, bytes, digest) {
  let at = 0
  const more = () => {
    while (at < bytes) {
      const chunk = pattern(at, Math.min(64 * KIB, bytes - at))
      digest.update(chunk)
      at += chunk.length
      if (!call.write(chunk) && at < bytes) return call.once('drain', more)
    }
    call.end()
  }
  more()
}

async function judge(response, answerBytes, sent) {
  const { statusCode: status, headers } = response
  const start = []
  let at = 0
  let isWrong = false
  try {
    for await (const chunk of response) {
      if (status !== 200) start.push(chunk)
      else isWrong ||= !isPattern(chunk, at)
      at += chunk.length
    }
  } catch {
    return 'the answer was cut off'
  }
  if (headers['x-soak'] === 'cluster') return `${status} of the cluster`
  if (status !== 200) return `${status} ${problemCode(Buffer.concat(start))}`
  if (isWrong || at !== answerBytes) return 'wrong answer'
  return headers['x-soak-sha256'] === sent.digest('hex') ? 'ok' : 'the cluster got another body'
}

function isPattern(chunk, from) {
  for (let at = 0; at < chunk.length; at += 64 * KIB) {
    const piece = chunk.subarray(at, at + 64 * KIB)
    if (!piece.equals(pattern(from + at, piece.length))) return false
  }
  return true
}

function problemCode(body) {
  try {
    return String(JSON.parse(String(body)).type).replace('urn:camunda-auth-proxy:problem:', '')
  } catch {
    return 'without a problem'
  }
}
