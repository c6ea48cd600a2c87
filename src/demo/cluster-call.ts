import type { IncomingMessage } from 'node:http'
import { ClusterProblem } from './cluster-problem.ts'
import { type Answer, readBody } from './http.ts'

const jsonLimit = 1024 * 1024

/** What a route's handler is given. */
export interface Call {
  request: IncomingMessage
  query: URLSearchParams
  /** What stands in the path at the place of `{id}`; empty in a route that has none. */
  id: string
  /** The claim `sub` of the caller's token; empty in a route that is open to everyone. */
  subject: string
  /** Aborts when the client leaves. */
  signal: AbortSignal
}

export type Handler = (call: Call) => Answer | Promise<Answer>

/**
 * Reads a body, or throws a problem when it is too long.
 *
 * @param limit - bytes
 */
export async function boundedBody({ request }: Call, limit: number): Promise<Buffer> {
  const body = await readBody(request, limit)
  if (body === undefined) throw new ClusterProblem(413, `The body is longer than ${limit} bytes`)
  return body
}

/** Reads a body as a JSON object of at most 1 MiB; no body is an empty object. */
export async function jsonBody(call: Call): Promise<Record<string, unknown>> {
  const text = (await boundedBody(call, jsonLimit)).toString()
  return text === '' ? {} : jsonObject(text)
}

/** Parses a JSON object, or throws a problem. */
export function jsonObject(text: string): Record<string, unknown> {
  const value = parse(text)
  if (isObject(value)) return value
  throw new ClusterProblem(400, 'A JSON object is expected')
}

/** Whether a JSON value is an object, which neither null nor an array is. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
