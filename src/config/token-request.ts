/** What may be added to a token request, and what this proxy sets itself. Each fault completes "expected …". */

/** Who the client is and what it asks for: an addition must not change that. */
const OWN_PARAMETERS = new Set([
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
])

/** What frames the message, belongs to the connection, or says what this proxy can read. */
const OWN_HEADERS = new Set([
  'host',
  'content-type',
  'content-length',
  'content-encoding',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'accept',
  'accept-encoding',
])

/** RFC 9110 sections 5.1 and 5.5. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** What is wrong with a further parameter of the token request. */
export function parameterFault(name: string): string | undefined {
  if (name === '') return 'a parameter with a name'
  return OWN_PARAMETERS.has(name.toLowerCase())
    ? `parameters other than ${name}, which the proxy sets itself`
    : undefined
}

/** What is wrong with a further header of the token request. `basic`: the client authenticates by a header itself. */
export function headerFault(name: string, value: string, basic: boolean): string | undefined {
  if (!HEADER_NAME.test(name)) return 'header names as HTTP has them'
  const own = name.toLowerCase()
  if (OWN_HEADERS.has(own) || (basic && own === 'authorization')) {
    return `headers other than ${name}, which the proxy sets itself`
  }
  return HEADER_VALUE.test(value) ? undefined : `a value for ${name} on one line and in Latin-1`
}
