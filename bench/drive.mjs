/** The load: wrk, and one request of our own that looks at the answer. */

import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { complaints, launch } from './launch.mjs'

const SCRIPT = fileURLToPath(new URL('wrk/measure.lua', import.meta.url))

/**
 * @typedef {object} Call
 * @property {string} method
 * @property {string} path
 * @property {number} bodyBytes of the request
 * @property {number} answerBytes of the answer's body
 * @property {number} connections
 *
 * @typedef {object} Driven
 * @property {number} requests
 * @property {number} seconds
 * @property {number} bytes that were received
 * @property {number} p50 microseconds, as `p99` and `p999`
 * @property {number} p99
 * @property {number} p999
 */

/**
 * Drives a call for whole seconds. Throws unless every answer was good: an error of a socket, a time-out, a status from
 * 400, or fewer bytes than the answers have.
 * @param {string} url
 * @param {Call} call
 * @param {{ seconds: number, cores: string, threads: number, authorization?: string }} options
 * @returns {Promise<Driven>}
 */
export async function drive(url, call, { seconds, cores, threads, authorization }) {
  const env = { ...process.env, BENCH_METHOD: call.method, BENCH_BODY_BYTES: String(call.bodyBytes) }
  if (authorization !== undefined) env.BENCH_AUTHORIZATION = authorization
  const shape = [`-t${Math.min(threads, call.connections)}`, `-c${call.connections}`, `-d${seconds}s`]
  const args = [...shape, '--latency', '--timeout', '10s', '-s', SCRIPT, url + call.path]
  const child = launch('wrk', args, { cores, env })
  const said = complaints(child)
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    text += chunk
  })
  await once(child, 'close')
  const line = /^BENCH (.*)$/m.exec(text)?.[1]
  if (line === undefined) throw new Error(`wrk told nothing: ${said() || text}`)
  const { micros, errors, ...figures } = JSON.parse(line)
  const wrong = Object.entries(errors).filter(([, count]) => count > 0)
  if (wrong.length > 0) {
    const counts = wrong.map(([kind, count]) => `${count} × ${kind}`).join(', ')
    throw new Error(`${counts} of ${figures.requests} requests`)
  }
  if (figures.bytes < figures.requests * call.answerBytes)
    throw new Error('answers were shorter than they are')
  return { ...figures, seconds: micros / 1e6 }
}

/**
 * Makes one request without a credential, or with one, and returns its status; throws if a 200 has another body length
 * than the cluster's.
 * @param {string} url
 * @param {Call} call
 */
export async function callOnce(url, call, authorization) {
  const answer = await fetch(url + call.path, {
    method: call.method,
    headers: { ...(authorization && { authorization }), 'content-type': 'application/json' },
    ...(call.bodyBytes > 0 && { body: 'x'.repeat(call.bodyBytes) }),
  })
  const { byteLength } = await answer.arrayBuffer()
  if (answer.status === 200 && byteLength !== call.answerBytes)
    throw new Error(`an answer of ${byteLength} bytes in place of ${call.answerBytes}`)
  return answer.status
}
