/** Percent-encoding (RFC 3986 section 2.1) as others may read it. */

/** As often as somebody behind us may decode what we have forwarded; what is still encoded then is not taken. */
export const MAX_DECODINGS = 5

/** The text once decoded; undefined if it is not valid percent-encoded UTF-8. */
export function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** What a lenient reader makes of any text: bytes decoded one by one, which is enough to find ASCII characters. */
export function decodedBytes(text: string): string {
  return text.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
