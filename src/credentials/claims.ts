/** What a claim may be shown as. */
export type ShownClaim = string | number | boolean

const MAX_PAYLOAD_BYTES = 8 * 1024
const MAX_CLAIMS = 30
const MAX_NAME = 80
const MAX_TEXT = 200
/** Names of what somebody could use, or follow a person by. */
const KEPT_BACK = /secret|passw|token|nonce|session|^(?:sid|jti|cnf|at_hash|c_hash)$/i
/** A token within a token. */
const TOKEN_LIKE = /eyJ[\w-]{6,}/
const NOT_SHOWN = '(not shown)'

/**
 * The claims of the token that these headers carry (RFC 7519), to be shown to people: read without trust, at most 30,
 * each as one printable line. Never the token or its signature. Undefined if the headers carry no JWT with an object
 * of at most 8 KiB in it.
 */
export function claimsOf(headers: readonly string[]): Record<string, ShownClaim> | undefined {
  const payload = payloadOf(headers)
  if (payload === undefined) return undefined
  const shown = Object.entries(payload)
    .slice(0, MAX_CLAIMS)
    .map(([name, value]) => [line(name, MAX_NAME), shownClaim(name, value)] as const)
  return Object.fromEntries(shown)
}

function payloadOf(headers: readonly string[]): object | undefined {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name === 'authorization')
  const part = /^Bearer [\w-]+\.([\w-]+)\.[\w-]*$/.exec(headers[at + 1] ?? '')?.[1]
  if (at === -1 || part === undefined || part.length > (MAX_PAYLOAD_BYTES * 4) / 3 + 4) return undefined
  try {
    const payload: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof payload === 'object' && payload !== null && !Array.isArray(payload) ? payload : undefined
  } catch {
    return undefined
  }
}

function shownClaim(name: string, value: unknown): ShownClaim {
  if (KEPT_BACK.test(name)) return NOT_SHOWN
  if (typeof value === 'number' || typeof value === 'boolean') return value
  const isPlain = Array.isArray(value) && value.every((part) => typeof part === 'string')
  const text = typeof value === 'string' ? value : isPlain ? value.join(', ') : JSON.stringify(value)
  return TOKEN_LIKE.test(text) ? NOT_SHOWN : line(text, MAX_TEXT)
}

function line(text: string, length: number): string {
  const printable = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, ' ')
  return printable.length > length ? `${printable.slice(0, length)}…` : printable
}
