import type { CookieSettings } from '../config/settings.ts'
import { isPassing } from './idp-errors.ts'

/** How a generation of clusters is logged in to, and how it says no. */
interface Manner {
  path: string
  /** The content type in which it refuses a password. */
  refusesIn: string
  /** The content type in which the other one does: this is no answer of a login page then. */
  othersRefuseIn: string
  request(url: URL, credentials: string): LoginRequest
}

interface LoginRequest {
  /** Path and query. */
  target: string
  headers: readonly string[]
  body: string | null
}

/** From 8.8 on: a form, whose fields no access log shows. */
const FORM: Manner = {
  path: '/login',
  refusesIn: 'application/problem+json',
  othersRefuseIn: 'application/json',
  request: (url, credentials) => ({
    target: url.pathname + url.search,
    headers: ['content-type', 'application/x-www-form-urlencoded'],
    body: credentials,
  }),
}

/** 8.6 and 8.7: in the query, as their documentation has it. */
const QUERY: Manner = {
  path: '/api/login',
  refusesIn: 'application/json',
  othersRefuseIn: 'application/problem+json',
  request: (url, credentials) => ({
    target: `${url.pathname}${url.search === '' ? '?' : `${url.search}&`}${credentials}`,
    headers: [],
    body: null,
  }),
}

export interface LoginPage {
  url: URL
  logoutUrl: URL
  manner: Manner
}

/** What the answer of a login page, or of whatever answers in its place, comes to. */
type Verdict =
  | 'in'
  | 'refused' // the password, by a login page
  | 'elsewhere' // another server, or the single sign-on, does the logins
  | 'absent' // no login page answered
  | 'busy' // says nothing about the login

export interface LoginAnswer {
  status: number
  header(name: string): string | undefined
}

/** The pages to try, in this order: the form first, since a server that does not know it does not log its fields. */
export function loginPages({ loginUrl, cluster }: Pick<CookieSettings, 'loginUrl' | 'cluster'>): LoginPage[] {
  if (loginUrl !== undefined) {
    const manner = /\/api\/login\/?$/.test(loginUrl.pathname) ? QUERY : FORM
    return [{ url: loginUrl, logoutUrl: logoutOf(loginUrl), manner }]
  }
  return [FORM, QUERY].map((manner) => {
    const url = new URL(cluster.origin + cluster.basePath + manner.path)
    return { url, logoutUrl: logoutOf(url), manner }
  })
}

/** The request that logs this user in. */
export function loginRequest(page: LoginPage, username: string, password: string): LoginRequest {
  const fields = { username, password }
  const credentials = Object.entries(fields).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return page.manner.request(page.url, credentials.join('&'))
}

/** Tells a refused password from a page that is not there: each generation has its own way of saying no. */
export function judge(page: LoginPage, { status, header }: LoginAnswer): Verdict {
  const type = header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (isPassing(status)) return 'busy'
  if (status === 401)
    return refusesPassword(page.manner, type, header('www-authenticate')) ? 'refused' : 'absent'
  if (isRedirect(status)) return judgeRedirect(page, header('location') ?? '')
  // A page to look at may come with a cookie too, but nobody is logged in by it.
  const hasLoggedIn = status >= 200 && status < 300 && type !== 'text/html'
  return hasLoggedIn && header('set-cookie') !== undefined ? 'in' : 'absent'
}

function isRedirect(status: number): boolean {
  return status === 302 || status === 303 || status === 307
}

/**
 * Whether a page that a login page sends to is one too, whatever its origin and base path. A session asks less kindly,
 * for exact paths, since any API may send to something that happens to be called so.
 */
function isLoginPage({ pathname }: URL): boolean {
  // Below an API's version it is a resource.
  return /\/login\/?$/.test(pathname) && !/\/v\d+\//.test(pathname)
}

function refusesPassword(manner: Manner, type: string | undefined, challenge: string | undefined): boolean {
  if (type === manner.refusesIn) return true
  // A challenge (RFC 9110 section 11.6.1) asks for another way of authenticating than a login.
  return type !== manner.othersRefuseIn && challenge === undefined
}

function judgeRedirect(page: LoginPage, location: string): Verdict {
  if (!URL.canParse(location, page.url.href)) return 'absent'
  const target = new URL(location, page.url)
  if (isLoginPage(target)) return target.searchParams.has('error') ? 'refused' : 'absent'
  const isSignOn = target.hostname !== page.url.hostname || target.pathname.includes('/oauth2/')
  return isSignOn ? 'elsewhere' : 'absent'
}

function logoutOf(loginUrl: URL): URL {
  const url = new URL(loginUrl)
  url.pathname = url.pathname.replace(/[^/]*\/?$/, 'logout')
  url.search = ''
  return url
}
