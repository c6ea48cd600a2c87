import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { type Problem, problemKind } from '../errors.ts'
import { endAnswer } from './discard.ts'

const PSEUDONYM = 'camunda-auth-proxy'

/** How callers say who they are (RFC 9110 section 11.6.1): by a caller token, or as a client of their own. */
const challenges = {
  token: `CallerToken realm="${PSEUDONYM}"`,
  client: `Basic realm="${PSEUDONYM}", charset="UTF-8"`,
}

export interface AnswerOptions {
  /** Closes the connection. */
  close?: boolean
  /** What a 401 asks for; a refused client is always asked for another. */
  challenge?: keyof typeof challenges
}

/** The body of a problem (RFC 9457); `fault` and `cure` are this program's own members. */
function problemBody(problem: Problem): string {
  const { title, status, cure } = problemKind(problem.code)
  const type = `urn:camunda-auth-proxy:problem:${problem.code}`
  return JSON.stringify({ type, title, status, detail: problem.message, fault: problem.fault, cure })
}

/** The headers of a problem. `Proxy-Status` (RFC 9209) tells this proxy's word from the cluster's. */
function problemHeaders(problem: Problem, body: string, challenge: keyof typeof challenges): string[] {
  const { proxyStatus } = problemKind(problem.code)
  const headers = [
    'content-type',
    'application/problem+json',
    'content-length',
    String(Buffer.byteLength(body)),
    'proxy-status',
    `${PSEUDONYM}; error=${proxyStatus}; details=${structuredString(problem.message)}`,
    'cache-control',
    'no-store',
    'x-content-type-options',
    'nosniff',
    'cross-origin-resource-policy',
    'same-origin',
  ]
  if (problem.retryAfterS !== undefined) headers.push('retry-after', String(problem.retryAfterS))
  if (problem.code === 'caller-not-authenticated') headers.push('www-authenticate', challenges[challenge])
  if (problem.code === 'caller-refused') headers.push('www-authenticate', challenges.client)
  return headers
}

/** Answers with a problem, and lets go of whatever the caller is still sending. */
export function writeProblem(
  request: IncomingMessage,
  response: ServerResponse,
  problem: Problem,
  { close = false, challenge = 'token' }: AnswerOptions = {},
): void {
  const body = problemBody(problem)
  const headers = problemHeaders(problem, body, challenge)
  const closes = close || problem.code === 'draining'
  if (closes) headers.push('connection', 'close')
  const { status } = problemKind(problem.code)
  response.writeHead(status, STATUS_CODES[status], headers)
  if (request.method !== 'HEAD') response.write(body)
  endAnswer(request, response, closes)
}

/** A problem as bytes, for a connection on which no request could be read; in answer to HEAD without its body. */
export function rawProblem(problem: Problem, toHead: boolean): string {
  const body = problemBody(problem)
  const { status, title } = problemKind(problem.code)
  const headers = [...problemHeaders(problem, body, 'token'), 'connection', 'close']
  const lines = headers.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${headers[i + 1]}`] : []))
  return `HTTP/1.1 ${status} ${title}\r\n${lines.join('\r\n')}\r\n\r\n${toHead ? '' : body}`
}

/** An sf-string (RFC 8941 section 3.3.3): printable ASCII, quotes and backslashes escaped. */
function structuredString(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, '?').replace(/["\\]/g, '\\$&')}"`
}
