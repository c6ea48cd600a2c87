import type { Dispatcher } from 'undici'
import type { CookieSettings } from '../config/settings.ts'
import {
  AcquireError,
  type AcquireFailure,
  type CredentialSource,
  type IssuedCredential,
} from './credential.ts'
import { networkFailure, retryAfterMs } from './idp-errors.ts'
import { judge, type LoginAnswer, type LoginPage, loginPages, loginRequest } from './login-pages.ts'
import { readSecret } from './read-secret.ts'
import { LoginSession } from './session.ts'

interface CookieOptions extends CookieSettings {
  /** Carries the requests: certificate verification and limits of a head are its business. */
  dispatcher: Dispatcher
}

interface Request {
  method: 'GET' | 'POST'
  url: URL
  /** Path and query, where it is not the URL's. */
  target?: string
  headers: readonly string[]
  body?: string | null
}

interface Answer extends LoginAnswer {
  rawHeaders: readonly string[]
}

/** Longest that one attempt may take: less than its keeper allows, whose words would not name the cluster. */
const TIMEOUT_MS = 9_000
const LOGOUT_MS = 2_000
const MAX_ANSWER_BYTES = 1024 * 1024
const PASSWORD = { name: 'password', code: 'secret-unreadable' }

/**
 * A login at the cluster with user name and password, of either generation. An attempt keeps the session that there
 * is alive, and logs in where there is none or the cluster ended it. Reads the password anew at each login.
 */
export function cookieSource(options: CookieOptions): CredentialSource {
  /** What worked last comes first. */
  let pages = loginPages(options)
  let session: LoginSession | undefined
  return {
    fingerprint: () => readSecret(PASSWORD, options.password, 'fingerprint'),
    async acquire(caller) {
      const signal = AbortSignal.any([caller, AbortSignal.timeout(TIMEOUT_MS)])
      const held = session
      if (held !== undefined && (await isAlive(options, held, signal))) return issued(options, held)
      session = undefined
      const login = await logIn(options, pages, signal)
      session = login.session
      pages = [login.page, ...pages.filter((page) => page !== login.page)]
      return issued(options, session)
    },
    async retire() {
      const ended = session
      session = undefined
      if (ended !== undefined && !ended.over) await logOut(options, pages, ended)
    },
  }
}

function issued({ idleMs }: CookieOptions, session: LoginSession): IssuedCredential {
  return { headers: session.headersFor('GET'), lifetimeMs: idleMs, session }
}

/** Asks the cluster, which begins its idle time anew, unless the session is known to be over. */
async function isAlive(options: CookieOptions, session: LoginSession, signal: AbortSignal): Promise<boolean> {
  if (session.over) return false
  const url = new URL('topology', apiOf(options))
  const answer = await exchange(options, { method: 'GET', url, headers: session.headersFor('GET') }, signal)
  session.observe(answer.rawHeaders)
  session.isOver(answer.status, answer.header('location'))
  return !session.over
}

/** Tries the pages in turn, for as long as none of them answers as a login page would. */
async function logIn(
  options: CookieOptions,
  pages: readonly LoginPage[],
  signal: AbortSignal,
): Promise<{ session: LoginSession; page: LoginPage }> {
  const password = await readSecret(PASSWORD, options.password)
  const answers: { url: URL; status: number }[] = []
  for (const page of pages) {
    const { url } = page
    const request = loginRequest(page, options.username, password)
    const answer = await exchange(options, { method: 'POST', url, ...request }, signal)
    const verdict = judge(page, answer)
    if (verdict === 'in') return { session: opened(options, page, answer), page }
    if (verdict === 'busy') throw new AcquireError(busy(url, answer))
    if (verdict === 'refused') throw new AcquireError(wrongPassword(options, url))
    answers.push({ url, status: answer.status })
    // Whoever sends us to the single sign-on has no other page, and no need to see the password in a query.
    if (verdict === 'elsewhere') break
  }
  throw new AcquireError(noLoginPage(options, answers))
}

function opened(options: CookieOptions, page: LoginPage, answer: Answer): LoginSession {
  const api = apiOf(options)
  const session = new LoginSession(api, options.cluster.basePath, page.url)
  session.take(answer.rawHeaders, page.url)
  if (session.over) {
    const message = `The login at ${shown(page.url)} gave no cookie that may be sent to ${shown(api)}.`
    throw new AcquireError({ code: 'no-cookie', message, refused: true })
  }
  return session
}

/** Best effort: whoever is not told ends the session by its idle time. */
async function logOut(options: CookieOptions, [page]: LoginPage[], session: LoginSession): Promise<void> {
  if (page === undefined) return
  const request = { method: 'POST', url: page.logoutUrl, headers: session.headersFor('POST') } as const
  await exchange(options, request, AbortSignal.timeout(LOGOUT_MS)).catch(() => {})
}

/**
 * One request, redirects not followed. The head of the answer is all that counts; what comes after it is thrown away.
 * @throws AcquireError if no answer comes.
 */
async function exchange(
  { dispatcher }: CookieOptions,
  { method, url, target = url.pathname + url.search, headers, body = null }: Request,
  signal: AbortSignal,
): Promise<Answer> {
  const sent = ['user-agent', 'camunda-auth-proxy', 'accept', '*/*', ...headers]
  try {
    const request = { origin: url.origin, path: target, method, headers: sent, body, signal }
    const answer = await orAborted(dispatcher.request(request), signal)
    answer.body.dump({ limit: MAX_ANSWER_BYTES, signal }).catch(() => {})
    return read(answer)
  } catch (error) {
    throw new AcquireError(networkFailure(`The cluster ${url.host}`, url.host, error))
  }
}

/** undici honours the signal of a request only once it is connected. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {})
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

function read({ statusCode, headers }: Dispatcher.ResponseData): Answer {
  const rawHeaders = Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().flatMap((each) => [name, each]),
  )
  const header = (name: string) => [headers[name] ?? []].flat()[0]
  return { status: statusCode, header, rawHeaders }
}

function busy(url: URL, { status, header }: Answer): AcquireFailure {
  const wait = retryAfterMs(header, Date.now())
  return {
    code: `http-${status}`,
    message: `The cluster ${url.host} answered status ${status} to the login at ${shown(url)}.`,
    refused: false,
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  }
}

function wrongPassword({ username }: CookieOptions, url: URL): AcquireFailure {
  return {
    code: 'wrong-password',
    message: `The login at ${shown(url)} refused the user name or password of ${JSON.stringify(username)}.`,
    refused: true,
  }
}

function noLoginPage(
  { cluster }: CookieOptions,
  answers: readonly { url: URL; status: number }[],
): AcquireFailure {
  const { host } = new URL(cluster.origin)
  const said = answers.map(({ url, status }) => `POST ${shown(url)} answered status ${status}`).join(', ')
  return {
    code: 'no-login-page',
    message: `The cluster ${host} has no form login: ${said}. One with OpenID Connect wants OAUTH, not COOKIE.`,
    // A 404 alone may be the word of something in front of a cluster that is starting.
    refused: answers.some(({ status }) => status !== 404),
  }
}

/** A URL without what may be secret in it. */
function shown(url: URL): string {
  return url.origin + url.pathname
}

/** Below which the requests go that the session is for. */
function apiOf({ cluster }: CookieOptions): URL {
  return new URL(`${cluster.origin}${cluster.basePath}/v2/`)
}
