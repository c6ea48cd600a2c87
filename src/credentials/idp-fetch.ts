import { type Dispatcher, fetch } from 'undici'
import { malformed } from './idp-errors.ts'

/** How this proxy names itself to identity providers. */
export const USER_AGENT = { 'user-agent': 'camunda-auth-proxy' }
const MAX_ANSWER_BYTES = 1024 * 1024

/** A request to an identity provider; `signal` ends it, whatever the caller of the returned function says beside it. */
interface IdpRequest {
  method: string
  headers: Record<string, string>
  body?: unknown
  signal?: AbortSignal | undefined
}

export type IdpFetch = (url: string, request: IdpRequest) => Promise<Response>

/**
 * undici's own fetch, since only it is promised to work with undici's dispatchers. Follows no redirect and reads the
 * whole answer, which may be a megabyte.
 */
export function idpFetch(dispatcher: Dispatcher, signal: AbortSignal): IdpFetch {
  return async (url, request) => {
    const response = await fetch(url, {
      method: request.method,
      headers: request.headers,
      body: (request.body ?? null) as URLSearchParams | null,
      redirect: 'manual',
      signal: request.signal === undefined ? signal : AbortSignal.any([request.signal, signal]),
      dispatcher,
    })
    const body = await bounded(response.body ?? [], new URL(url)).catch((error: unknown) => {
      // An error says enough by its status, even if its body never ends.
      if (!response.ok) return null
      throw error
    })
    return new Response(body, { status: response.status, headers: [...response.headers] })
  }
}

/** The JSON that an answer holds; undefined if it holds none. */
export function jsonIn(answer: Response): Promise<unknown> {
  return answer.json().catch(() => undefined)
}

/**
 * Reads an answer to its end, so that it holds no connection, and no further than it may be long: the limit of the
 * dispatcher counts what is on the wire, and a compressed answer can be a thousand times that.
 */
async function bounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  url: URL,
): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > MAX_ANSWER_BYTES) throw malformed(url, 'it is longer than 1 MiB')
    chunks.push(chunk)
  }
  return bytes === 0 ? null : Buffer.concat(chunks)
}
