import { Cookie, CookieJar, canonicalDomain, defaultPath, MemoryCookieStore } from 'tough-cookie'

const MAX_COOKIES = 32
const MAX_BYTES = 16 * 1024
/** What can stand in a header of ours again, whatever else a server put into its own. */
const PRINTABLE = /^[\x20-\x7e]+$/

const SETTING = { http: true, loose: false, ignoreError: true } as const
const GETTING = { http: true, expire: true } as const

/**
 * The cookies of one login (RFC 6265): at most 32, and 16 KiB of names and values. One that is for another host, that is
 * no cookie or that would be too much is left out; it never takes the place of one that is here.
 */
export class SessionCookies {
  readonly #jar = new CookieJar(new MemoryCookieStore(), {
    rejectPublicSuffixes: true,
    allowSpecialUseDomain: true,
    looseMode: false,
    prefixSecurity: 'silent',
    allowSecureOnLocal: true,
    enforceSecureOriginOnStorage: true,
  })

  /** Takes over the `Set-Cookie` lines, the first 32 at most, of an answer that came from this URL. */
  take(lines: readonly string[], from: URL): void {
    for (const line of lines.slice(0, MAX_COOKIES)) {
      const cookie = PRINTABLE.test(line) ? Cookie.parse(line, { loose: false }) : undefined
      if (cookie !== undefined && this.#fits(cookie, from)) this.#jar.setCookieSync(cookie, from, SETTING)
    }
  }

  /** The value of the `Cookie` header for this URL, '' if none is for it. */
  header(url: URL): string {
    return this.#jar.getCookieStringSync(url, GETTING)
  }

  #fits(cookie: Cookie, from: URL): boolean {
    const place = placeOf(cookie, from)
    const others = this.#jar
      .getCookiesSync(from, { ...GETTING, allPaths: true })
      .filter((kept) => placeOf(kept, from) !== place)
    const bytes = others.reduce((sum, kept) => sum + sizeOf(kept), sizeOf(cookie))
    return others.length < MAX_COOKIES && bytes <= MAX_BYTES
  }
}

/** What makes two cookies the same one (RFC 6265 section 5.3, step 11). */
function placeOf(cookie: Cookie, from: URL): string {
  const path = cookie.path?.startsWith('/') ? cookie.path : defaultPath(from.pathname)
  return JSON.stringify([cookie.key, cookie.cdomain() ?? canonicalDomain(from.hostname), path])
}

function sizeOf(cookie: Cookie): number {
  return cookie.cookieString().length
}
