import type { IncomingMessage } from 'node:http'

/**
 * Whether a request that a browser marks as a page's is for the status page all the same: somebody follows a link to
 * it, or it asks for its own data. Another page can neither read the one, which holds no data and opens in no frame,
 * nor ask for the other: browsers say `same-origin` to nobody else (Fetch Metadata Request Headers, section 2).
 */
export function isForStatusPage({ method, url, headers }: IncomingMessage): boolean {
  if (method !== 'GET' || headers.origin !== undefined) return false
  const dest = headers['sec-fetch-dest']
  if (url === '/') return dest === 'document' && headers['sec-fetch-mode'] === 'navigate'
  return url === '/status.json' && dest === 'empty' && headers['sec-fetch-site'] === 'same-origin'
}
