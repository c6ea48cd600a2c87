const WEB = /^https?:\/\/[^\s/?#@\\*%]+$/i
/** Pages of browser extensions: `chrome-extension`, `moz-extension` and their like, and the id in the browser's spelling. */
const EXTENSION = /^[a-z]+(?:-[a-z]+)*-extension:\/\/[\w-]+$/i

/** Completes "expected …". */
export const ORIGINS_EXPECTED =
  'origins such as http://localhost:3000, each a scheme, a host and perhaps a port: no path, no *, not null'

/**
 * An origin as browsers write it in `Origin` (RFC 6454 section 6.2): in lower case, the host in ASCII, without the
 * port that its scheme implies. Undefined if the text is no origin of a web page or browser extension.
 */
export function parseOrigin(text: string): string | undefined {
  if (EXTENSION.test(text)) return text.toLowerCase()
  return WEB.test(text) && URL.canParse(text) ? new URL(text).origin : undefined
}
