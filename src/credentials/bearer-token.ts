/** What may stand in an Authorization header as a token (RFC 6750 section 2.1), and no more than a header can carry. */
const TOKEN = /^[A-Za-z0-9\-._~+/]{1,65536}=*$/

/** What people give in place of a token, the likeliest first; the last says it of everything else. */
const FAULTS: readonly [RegExp, string][] = [
  [/^$/, 'is empty'],
  [/^\s*bearer\s/i, 'begins with the word Bearer, which belongs to the header and not to the token'],
  [/[\r\n]/, 'has more than one line'],
  [/\s/, 'holds a blank'],
  [/^/, 'cannot stand in a header: a character in it is not allowed there, or it is longer than 64 KiB'],
]

/** Whether the text is a token as RFC 6750 section 2.1 has it, of 64 KiB at most. */
export function isBearerToken(text: string): boolean {
  return TOKEN.test(text)
}

/** What keeps a text from being a token, to be read after "The token"; undefined if nothing does. */
export function bearerTokenFault(text: string): string | undefined {
  return isBearerToken(text) ? undefined : FAULTS.find(([pattern]) => pattern.test(text))?.[1]
}

/** The header of a request that carries this token (RFC 6750 section 2.1). */
export function bearerHeaders(token: string): readonly string[] {
  return ['authorization', `Bearer ${token}`]
}
