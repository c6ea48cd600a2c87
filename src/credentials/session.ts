import type { LoginSigns, Session } from './credential.ts'
import { SessionCookies } from './session-cookies.ts'

/** Methods that change nothing (RFC 9110 section 9.2.1): the cluster asks for no CSRF token with them. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** What sends a request that was not carried out to a login page: after a 303 it was (RFC 9110 section 15.4.4). */
const SENDS_TO_LOGIN = new Set([302, 307])
const LOGIN_PATHS = ['/login', '/api/login']
/** What can stand in a header of ours, and no more than a header can carry. */
const CSRF_TOKEN = /^[\x21-\x7e]{1,4096}$/

/**
 * One login at a cluster: its cookies and its newest CSRF token, ready to send. What is sent is put together when an
 * answer changes it, not when a request needs it.
 */
export class LoginSession implements Session {
  readonly #api: URL
  readonly signs: LoginSigns
  readonly #cookies = new SessionCookies()
  #csrfToken: string | undefined
  #over = false
  #safe: readonly string[] = []
  #unsafe: readonly string[] = []

  /**
   * @param api below which requests are made, with a slash at its end
   * @param basePath of the cluster
   * @param loginPage where this session was begun
   */
  constructor(api: URL, basePath: string, loginPage: URL) {
    this.#api = api
    const known = LOGIN_PATHS.flatMap((path) => [path, basePath + path])
    this.signs = { api: api.href, loginPaths: [...known, loginPage.pathname].map(withoutSlash) }
  }

  /** The cluster said so in an answer, or took back every cookie. */
  get over(): boolean {
    return this.#over || this.#safe.length === 0
  }

  headersFor(method: string): readonly string[] {
    return isSafe(method) ? this.#safe : this.#unsafe
  }

  observe(rawHeaders: readonly string[]): void {
    this.take(rawHeaders, this.#api)
  }

  /** As `observe`, for an answer that came from this URL. */
  take(rawHeaders: readonly string[], from: URL): void {
    const setCookies = valuesOf('set-cookie', rawHeaders)
    const csrfToken = valuesOf('x-csrf-token', rawHeaders)?.at(-1)
    if (setCookies !== undefined) this.#cookies.take(setCookies, from)
    if (csrfToken !== undefined && CSRF_TOKEN.test(csrfToken)) this.#csrfToken = csrfToken
    if (setCookies !== undefined || csrfToken !== undefined) this.#compose()
  }

  isOver(status: number, location: string | undefined): boolean {
    const over = endsLogin(this.signs, status, location)
    // Remembered, so that the next attempt need not ask the cluster what it has said already.
    if (over) this.#over = true
    return over
  }

  #compose(): void {
    const cookie = this.#cookies.header(this.#api)
    this.#safe = cookie === '' ? [] : ['cookie', cookie]
    this.#unsafe =
      this.#csrfToken === undefined ? this.#safe : [...this.#safe, 'x-csrf-token', this.#csrfToken]
  }
}

/** Whether a method changes nothing. */
export function isSafe(method: string): boolean {
  return SAFE.has(method)
}

/** Whether an answer says that a login is over: a 401, or a redirect to a login page, whatever origin that has. */
export function endsLogin(signs: LoginSigns, status: number, location: string | undefined): boolean {
  if (status === 401) return true
  if (!SENDS_TO_LOGIN.has(status) || location === undefined) return false
  if (!URL.canParse(location, signs.api)) return false
  // The cluster's own idea of its origin may be another one, behind a proxy of its own.
  return signs.loginPaths.includes(withoutSlash(new URL(location, signs.api).pathname))
}

function withoutSlash(path: string): string {
  return path.replace(/\/$/, '')
}

/** The values of a header in a flat list; undefined, and nothing made, if it is not there. */
function valuesOf(name: string, raw: readonly string[]): string[] | undefined {
  let values: string[] | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if (raw[i]?.length !== name.length || raw[i]?.toLowerCase() !== name) continue
    values ??= []
    values.push(raw[i + 1] as string) // within the bounds, by the loop's condition
  }
  return values
}
