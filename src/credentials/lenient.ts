/** What providers write where `Bearer` belongs, in lower case: Apigee, Spring's N_A, RFC 8693 out of place. */
const OTHER_WORDS_FOR_BEARER = new Set([
  '',
  'bearertoken',
  'bearer_token',
  'n_a',
  'n/a',
  'access_token',
  'accesstoken',
  'jwt',
  'urn:ietf:params:oauth:token-type:access_token',
  'urn:ietf:params:oauth:token-type:jwt',
])

/**
 * A token response that RFC 6749 section 5.1 does not allow and providers give, as it should have been: only what
 * this proxy uses, so that no field beside it can be wrong. Undefined where it is none however kindly it is read;
 * a token of another kind (`mac`, `DPoP`) stays one.
 */
export function lenientAnswer(body: unknown): Record<string, unknown> | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const { access_token, token_type, expires_in } = body as Record<string, unknown>
  if (typeof access_token !== 'string' || access_token === '' || !isBearer(token_type)) return undefined
  return { access_token, token_type: 'Bearer', ...(isLifetime(expires_in) ? { expires_in } : {}) }
}

function isBearer(type: unknown): boolean {
  if (type === undefined || type === null) return true
  if (typeof type !== 'string') return false
  const word = type.trim().toLowerCase()
  return word === 'bearer' || OTHER_WORDS_FOR_BEARER.has(word)
}

/** Zero is one: the token has expired. Less than that is a way to say that there is none. */
function isLifetime(value: unknown): boolean {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return false
  return Number(value) >= 0 && Number.isFinite(Number(value))
}
