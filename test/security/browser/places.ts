/** Where a page is, and by which name it calls the proxy. */
export interface Place {
  /** The page: an URL with `SITE`, `PUBLIC` and `REBOUND` for ports; or what begins with `file:` or `frame:`. */
  page: string
  /** The host of the target. */
  host: string
  /** Which listener is attacked. */
  listener: 'loopback' | 'loopback6' | 'everywhere' | 'named' | 'admin'
  /** How the proxy refuses; undefined if the browser itself keeps everything back. */
  status: number | undefined
}

const place = (
  page: string,
  host: string,
  status: Place['status'],
  listener: Place['listener'] = 'loopback',
): Place => ({ page, host, listener, status })

const EVIL = 'http://evil.test:SITE/page'

export const places: readonly Place[] = [
  place(EVIL, 'localhost', 403),
  place(EVIL, 'localhost.', 403),
  place(EVIL, 'sub.localhost', 421),
  place(EVIL, 'another.test', 421),
  place(EVIL, '0.0.0.0', 421),
  place(EVIL, '[::1]', 403, 'loopback6'),
  place(EVIL, '127.0.0.2', 403, 'everywhere'),
  place(EVIL, '0.0.0.0', 421, 'everywhere'),
  // Over plain http to a name that is not local, the browser does not say that a page asks.
  place(EVIL, 'my-proxy.test', 403, 'named'),
  // Pages of the same site, and of the proxy's own host.
  place('http://localhost:SITE/page', 'localhost', 403),
  place('http://127.0.0.1:SITE/page', '127.0.0.1', 403),
  // Pages without an origin.
  place('frame:http://localhost:SITE/sandbox', '127.0.0.1', 403),
  place('frame:http://localhost:SITE/data', '127.0.0.1', 403),
  place('file:page.html', '127.0.0.1', 403),
  // A page whose name was made to lead here: to its browser, of the same origin as the proxy.
  place('http://rebound.test:REBOUND/page', 'rebound.test', 421),
  // Pages of the internet, and those that come from nowhere: the browser asks somebody first.
  place('data:text/html,<body></body>', '127.0.0.1', undefined),
  place('http://evil.test:PUBLIC/page', '127.0.0.1', undefined),
  place('http://evil.test:PUBLIC/page', 'localhost', undefined),
  // Whose user has said yes.
  place('http://127.0.0.1:PUBLIC/page', '127.0.0.1', 403),
  place(EVIL, '127.0.0.1', 403, 'admin'),
  place(EVIL, 'another.test', 421, 'admin'),
]

/** The ways, by name, that are tried from each place: those with and without `Origin`, readable and not. */
export const WAYS_TRIED = [
  'fetch',
  'fetch, no-cors',
  'fetch, POST, no-cors, text',
  'fetch, POST, JSON (preflight)',
  'image without a referrer',
  'script',
  'iframe',
  'form, POST, text that is JSON',
  'WebSocket',
]
