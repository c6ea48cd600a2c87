import type { IncomingMessage } from 'node:http'
import { Problem } from '../errors.ts'

/**
 * What Node's parser takes although somebody else may find another end to it, or another request in it: those are
 * smuggled by it. Returns the problem of such a request, behind which nothing on its connection can be trusted.
 *
 * - A version that is neither 1.0 nor 1.1, among them 0.9, which knows no headers.
 * - A transfer coding other than `chunked`, be it said in one header or in several (RFC 9112 section 6.1): it would be
 *   lost on the way, since framing is made anew.
 * - Any transfer coding under HTTP/1.0, which knows none (RFC 9112 section 6.1).
 * - A length that JavaScript cannot count to.
 */
export function misreadable({ httpVersion, headers }: IncomingMessage): Problem | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return new Problem('bad-request', 'The version of HTTP is neither 1.0 nor 1.1.')
  // Node joins those of several headers.
  const coding = headers['transfer-encoding']
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0'))
    return new Problem('bad-request', 'A body can be chunked, with HTTP/1.1, and coded in no other way.')
  const length = headers['content-length']
  if (length !== undefined && !Number.isSafeInteger(Number(length)))
    return new Problem('bad-request', 'The length of the body is too large.')
  return undefined
}
