import { type IncomingMessage, METHODS, type ServerResponse } from 'node:http'
import { TOKEN } from '../upstream/headers.ts'
import { endAnswer } from './discard.ts'
import { isForwardable } from './scope.ts'

/**
 * What pages of allowed origins are told, so that their browser lets them read answers (Fetch Standard, "CORS
 * protocol"). Never that they may send cookies: there are none here.
 */

const ANSWER = Symbol('headers for the page')

/** A request that remembers what its answer has to carry. */
interface Judged extends IncomingMessage {
  [ANSWER]?: readonly string[]
}

/** How long a browser may remember what a preflight said, in seconds. */
const MAX_AGE_S = 600
/** More names than that are no page's. */
const MAX_ASKED_HEADERS = 1_024
const METHODS_FORWARDED = METHODS.filter(isForwardable).join(', ')
/** What pages may read of an answer beyond what they always may. */
const EXPOSED = [
  'content-disposition',
  'content-encoding',
  'etag',
  'link',
  'location',
  'proxy-status',
  'retry-after',
  'www-authenticate',
].join(', ')
const VARY_PREFLIGHT = [
  'origin',
  'access-control-request-method',
  'access-control-request-headers',
  'access-control-request-private-network',
].join(', ')

/** Of a request without an origin: its answer would be another with one. */
const NO_ORIGIN: readonly string[] = ['vary', 'origin']
const NOTHING: readonly string[] = []

/** Remembers on a request that its answer goes to a page of this origin, or would be another for a page. */
export function answerTo(origin: string | undefined, request: IncomingMessage): void {
  ;(request as Judged)[ANSWER] =
    origin === undefined
      ? NO_ORIGIN
      : ['vary', 'origin', 'access-control-allow-origin', origin, 'access-control-expose-headers', EXPOSED]
}

/** The headers that an answer has to carry for the page that asked: names and values. */
export function headersForPage(request: IncomingMessage): readonly string[] {
  return (request as Judged)[ANSWER] ?? NOTHING
}

/** Whether a request asks if another may be sent, and is itself none: it has no token and must not be forwarded. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return (
    method === 'OPTIONS' &&
    headers.origin !== undefined &&
    headers['access-control-request-method'] !== undefined
  )
}

/** Answers a preflight of an allowed origin: whatever is forwarded may be sent. What is asked comes under its own rules. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  const { headers } = request
  const answer = [
    'vary',
    VARY_PREFLIGHT,
    'access-control-allow-origin',
    headers.origin ?? '',
    'access-control-allow-methods',
    METHODS_FORWARDED,
    'access-control-max-age',
    String(MAX_AGE_S),
  ]
  const asked = headers['access-control-request-headers']
  if (asked !== undefined && areNames(asked)) answer.push('access-control-allow-headers', asked)
  if (headers['access-control-request-private-network'] === 'true')
    answer.push('access-control-allow-private-network', 'true')
  response.writeHead(204, answer)
  endAnswer(request, response, false)
}

function areNames(list: string): boolean {
  return list.length <= MAX_ASKED_HEADERS && list.split(',').every((name) => TOKEN.test(name.trim()))
}
