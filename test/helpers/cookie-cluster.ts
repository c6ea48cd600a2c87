import { randomBytes, randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import { type FakeCluster, fakeCluster, type SeenRequest } from './fake-cluster.ts'

type Generation = '8.6' | '8.8'

export interface CookieClusterOptions {
  generation?: Generation
  basePath?: string
  username?: string
  password?: string
  /** Whether unsafe requests with a session must prove where they come from. */
  csrf?: boolean
  /** How a violation of that is answered: 8.8 is known to answer either. */
  csrfStatus?: 401 | 403
  /** Further `Set-Cookie` lines of a login: as a load balancer adds them. */
  alsoSets?: readonly string[]
  /** Logs in by OpenID Connect only: there is no form. */
  oidc?: boolean
  /** After how long without a request a session ends, in milliseconds. */
  idleMs?: number
}

export interface CookieCluster extends FakeCluster {
  /** Base URL of the application, with its base path. */
  base: string
  /** The cluster's time, in milliseconds, for the test to advance. */
  clock: { now: number }
  changePassword(password: string): void
  logins(): number
  logouts(): number
  /** Sessions that are alive. */
  sessions(): number
  /** The CSRF token that the cluster keeps, as in its cookie, of the session that began last. */
  csrfToken(): string
  /** As it was given out last, which is another one each time. */
  maskedToken(): string
  /** Forgets every session, as a node does that keeps them in memory. */
  restart(): void
  /** Goes on as one of this generation, with no session. */
  upgrade(generation: Generation): void
  /** From now on breaks every connection off at its request, or no longer. */
  hangUp(down: boolean): void
}

interface Live {
  csrfToken: string
  usedAt: number
}

interface Reply {
  status: number
  headers?: Record<string, string | string[]>
  body?: unknown
}

/** What differs between the generations, as their sources have it. */
const TRAITS = {
  '8.6': {
    cookie: 'OPERATE-SESSION',
    login: '/api/login',
    logout: '/api/logout',
    csrfAttributes: '; HttpOnly',
    refusal: (status: number, message: string) => json(status, { message }),
  },
  '8.8': {
    cookie: 'camunda-session',
    login: '/login',
    logout: '/logout',
    csrfAttributes: '',
    refusal: (status: number, detail: string) => problem(status, detail),
  },
} as const

const SAFE = /^(GET|HEAD|OPTIONS|TRACE)$/
const API = /^\/(api|v1|v2)\//
const PUBLIC = /^\/v2\/(license|status)$/
const HALF_AN_HOUR = 30 * 60_000

/** A cluster that is logged in to with a cookie, as Camunda's are by Spring Security. */
export async function cookieCluster(options: CookieClusterOptions = {}): Promise<CookieCluster> {
  const logic = new ClusterLogic(options)
  const cluster = await fakeCluster((request, response) => {
    if (logic.down) {
      response.destroy()
      return
    }
    const { status, headers, body } = logic.reply(request)
    response.writeHead(status, headers).end(body === undefined ? undefined : JSON.stringify(body))
  })
  const { clock, live } = logic
  return Object.assign(cluster, {
    base: cluster.url + logic.basePath,
    clock,
    changePassword(password: string) {
      logic.password = password
    },
    logins: () => logic.logins,
    logouts: () => logic.logouts,
    sessions: () => [...live.values()].filter((session) => !logic.isIdle(session)).length,
    csrfToken: () => [...live.values()].at(-1)?.csrfToken ?? '',
    maskedToken: () => logic.masked,
    restart: () => live.clear(),
    upgrade(generation: Generation) {
      live.clear()
      logic.traits = TRAITS[generation]
    },
    hangUp(down: boolean) {
      logic.down = down
    },
  })
}

class ClusterLogic {
  readonly basePath: string
  readonly clock = { now: 0 }
  readonly live = new Map<string, Live>()
  readonly #options: CookieClusterOptions
  readonly #csrf: boolean
  traits: (typeof TRAITS)[Generation]
  password: string
  down = false
  masked = ''
  logins = 0
  logouts = 0

  constructor(options: CookieClusterOptions) {
    this.#options = options
    this.traits = TRAITS[options.generation ?? '8.8']
    this.#csrf = options.csrf ?? true
    this.basePath = options.basePath ?? ''
    this.password = options.password ?? 'demo'
  }

  reply(request: SeenRequest): Reply {
    const path = pathOf(request, this.basePath)
    if (request.method === 'POST' && this.#options.oidc !== true) {
      if (path === this.traits.login) return this.#logIn(request)
      if (path === this.traits.logout) return this.#logOut(request)
    }
    if (PUBLIC.test(path)) return { status: 204 }
    const session = this.#sessionOf(request)
    return session === undefined ? this.#unauthenticated(path) : this.#authenticated(request, path, session)
  }

  isIdle({ usedAt }: Live): boolean {
    return this.clock.now - usedAt >= (this.#options.idleMs ?? HALF_AN_HOUR)
  }

  #logIn(request: SeenRequest): Reply {
    this.logins++
    this.live.delete(this.#idOf(request))
    const fields = parametersOf(request)
    const isUser = fields.get('username') === (this.#options.username ?? 'demo')
    if (!isUser || fields.get('password') !== this.password)
      return this.traits.refusal(401, 'Bad credentials')
    const id = randomBytes(16).toString('hex').toUpperCase()
    const csrfToken = randomUUID()
    this.live.set(id, { csrfToken, usedAt: this.clock.now })
    const cookies = [`${this.traits.cookie}=${id}; Path=${this.basePath}/; HttpOnly; SameSite=Lax`]
    if (this.#csrf)
      cookies.push(`X-CSRF-TOKEN=${csrfToken}; Path=${this.basePath}/${this.traits.csrfAttributes}`)
    return {
      status: 204,
      headers: {
        'set-cookie': [...(this.#options.alsoSets ?? []), ...cookies],
        ...this.#maskedToken(csrfToken),
      },
    }
  }

  #logOut(request: SeenRequest): Reply {
    this.logouts++
    this.live.delete(this.#idOf(request))
    const gone = ['X-CSRF-TOKEN', this.traits.cookie].map(
      (name) => `${name}=; Path=${this.basePath}/; Max-Age=0`,
    )
    return { status: 204, headers: { 'set-cookie': gone } }
  }

  #unauthenticated(path: string): Reply {
    if (API.test(path)) return this.traits.refusal(401, 'Full authentication is required')
    const page = this.#options.oidc === true ? '/oauth2/authorization/oidc' : this.traits.login
    return { status: 302, headers: { location: this.basePath + page } }
  }

  #authenticated(request: SeenRequest, path: string, { csrfToken }: Live): Reply {
    const mustProve = this.#csrf && !SAFE.test(request.method)
    if (mustProve && !provesItsOrigin(request, csrfToken))
      return this.traits.refusal(this.#options.csrfStatus ?? 403, 'Invalid CSRF token')
    const reply = answerOf(`${request.method} ${path}`)
    if (request.method !== 'GET') return reply
    return { ...reply, headers: { ...reply.headers, ...this.#maskedToken(csrfToken) } }
  }

  #maskedToken(csrfToken: string): Record<string, string> {
    if (!this.#csrf) return {}
    this.masked = masked(csrfToken)
    return { 'X-CSRF-TOKEN': this.masked }
  }

  #idOf(request: SeenRequest): string {
    return cookiesOf(request)[this.traits.cookie] ?? ''
  }

  /** Any request with it prolongs a session. */
  #sessionOf(request: SeenRequest): Live | undefined {
    const session = this.live.get(this.#idOf(request))
    if (session === undefined || this.isIdle(session)) return undefined
    session.usedAt = this.clock.now
    return session
  }
}

/**
 * What Spring's XorCsrfTokenRequestAttributeHandler makes of a token: as many random bytes, and the token XORed with
 * them. Each time another one, and never the token itself.
 */
function masked(token: string): string {
  const bytes = Buffer.from(token)
  const mask = randomBytes(bytes.length)
  return Buffer.concat([mask, xor(mask, bytes)]).toString('base64url')
}

function unmasked(header: string, length: number): string | undefined {
  const bytes = Buffer.from(header, 'base64url')
  if (bytes.length !== 2 * length) return undefined
  return xor(bytes.subarray(0, length), bytes.subarray(length)).toString()
}

function xor(mask: Buffer, bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, i) => byte ^ (mask[i] ?? 0)))
}

/** The cookie and the header must both be there, and be of one token. */
function provesItsOrigin(request: SeenRequest, token: string): boolean {
  const header = request.headers['x-csrf-token']
  const isCookieRight = cookiesOf(request)['X-CSRF-TOKEN'] === token
  return isCookieRight && typeof header === 'string' && unmasked(header, token.length) === token
}

function answerOf(route: string): Reply {
  if (route === 'GET /v2/topology') return json(200, { brokers: [], clusterSize: 3 })
  if (/^POST \/v2\/user-tasks?\/search$/.test(route)) return json(200, { items: [], page: { totalItems: 0 } })
  return problem(404, 'There is nothing here')
}

function json(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body }
}

function problem(status: number, detail: string): Reply {
  const headers = { 'content-type': 'application/problem+json' }
  return { status, headers, body: { type: 'about:blank', title: STATUS_CODES[status], status, detail } }
}

function pathOf({ url }: SeenRequest, basePath: string): string {
  const path = url.split('?')[0] ?? ''
  return path.startsWith(basePath) ? path.slice(basePath.length) : path
}

/** As a servlet has them: those of the query and those of a form are one. */
function parametersOf({ url, headers, body }: SeenRequest): URLSearchParams {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return new URLSearchParams([
    ...new URLSearchParams(url.split('?')[1]),
    ...new URLSearchParams(isForm ? body.toString() : ''),
  ])
}

export function cookiesOf({ headers }: Pick<SeenRequest, 'headers'>): Record<string, string> {
  const pairs = (headers.cookie ?? '').split('; ').map((pair) => pair.split(/=(.*)/s))
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]))
}
