import { isUtf8 } from 'node:buffer'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici'
import { Secret } from '../config/secrets.ts'
import type { CallerAuthSettings } from '../config/settings.ts'
import { Problem } from '../errors.ts'
import { faultOf } from './blame.ts'
import type { AcquireFailure, CredentialSource } from './credential.ts'
import type { CredentialKeeper, KeeperEvent } from './keeper.ts'
import type { Keepers } from './keepers.ts'
import { oauthSource } from './oauth.ts'
import type { Pace } from './pace.ts'
import { retryAfterRefusalMs, retryWhileUnusableMs } from './schedule.ts'
import { credentialKeys } from './sources.ts'

export interface ClientKeepersOptions {
  keepers: Keepers
  /** Never goes back, in milliseconds. */
  now(): number
  makeKeeper(
    source: CredentialSource,
    pace: Pace,
    clientId: string,
    onEvent: (event: KeeperEvent) => void,
  ): CredentialKeeper
}

/** How the last attempts of a client that is not known went. */
interface Failed {
  /** How many there were in a row. */
  times: number
  since: number
  /** No attempt before this instant. */
  until: number
  failure: AcquireFailure
}

/** How many clients that have never been accepted may be at one identity provider's door at a time. */
const MAX_UNPROVEN = 4
/** How many may be there when one comes that was there before, so that there is room for who comes for the first time. */
const MAX_BEFORE_AGAIN = 2
const MAX_REMEMBERED = 1_000
/** RFC 7617; at most 16 KiB, as all headers together. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i

/**
 * Keepers for callers that are OAuth clients of their own: each sends its client id and secret as HTTP Basic and is
 * given the keeper of that client. Somebody with wrong secrets neither storms the identity provider nor stands in the
 * way of those that it knows: only who has been given a token has a keeper that stays, and who has not is remembered
 * by how it failed.
 */
export class ClientKeepers {
  readonly #options: ClientKeepersOptions
  /** Of this process only, so that a key tells nothing about a secret to who sees it. */
  readonly #salt = randomBytes(32)
  readonly #failed = new LRUCache<string, Failed>({ max: MAX_REMEMBERED })
  /** Those that found no room. */
  readonly #turnedAway = new LRUCache<string, true>({ max: MAX_REMEMBERED })
  /** How many there are, by identity provider. */
  readonly #unproven = new Map<string, number>()

  constructor(options: ClientKeepersOptions) {
    this.#options = options
  }

  /** The look-up for one destination, by the `Authorization` of a request. It throws a Problem where there is no keeper. */
  of(
    settings: CallerAuthSettings,
    identityProvider: () => Dispatcher,
    connection: string,
  ): (authorization: string | undefined) => CredentialKeeper {
    const prefix = clientsPrefix(settings, connection)
    return (authorization) => {
      const { id, secret } = readBasic(authorization)
      const auth = {
        ...settings,
        strategy: 'OAUTH' as const,
        clientId: id,
        clientAuth: { method: settings.method, secret: Secret.ofValue(secret) },
      }
      const { key, paceKey } = credentialKeys(auth, connection)
      const client = prefix + createHmac('sha256', this.#salt).update(key).digest('base64url')
      return this.#options.keepers.get(client, paceKey, (pace) =>
        this.#admit(client, paceKey, (onEvent) => {
          const source = oauthSource({ ...auth, dispatcher: identityProvider() })
          return this.#options.makeKeeper(source, pace, id, onEvent)
        }),
      )
    }
  }

  /** Makes a keeper for a client that is not known, unless it failed just now or too many wait to become known. */
  #admit(
    client: string,
    provider: string,
    make: (onEvent: (event: KeeperEvent) => void) => CredentialKeeper,
  ): CredentialKeeper {
    this.#checkRoom(client, provider)
    let isUnproven = true
    const keeper = make((event) => {
      if (!isUnproven || (event.type !== 'acquired' && event.type !== 'failed')) return
      isUnproven = false
      this.#count(provider, -1)
      if (event.type === 'acquired') this.#failed.delete(client)
      else {
        this.#remember(client, event)
        this.#options.keepers.forget(client, keeper)
      }
    })
    this.#count(provider, 1)
    keeper.start()
    return keeper
  }

  #checkRoom(client: string, provider: string): void {
    const failed = this.#failed.get(client)
    const waitMs = (failed?.until ?? 0) - this.#options.now()
    if (failed !== undefined && waitMs > 0) throw stillFailing(failed.failure, waitMs)
    const again = failed !== undefined || this.#turnedAway.has(client)
    if ((this.#unproven.get(provider) ?? 0) >= (again ? MAX_BEFORE_AGAIN : MAX_UNPROVEN)) {
      this.#turnedAway.set(client, true)
      throw new Problem('credential-unavailable', 'Too many new callers at once.', {
        retryAfterS: 1,
        fault: 'caller',
      })
    }
    this.#turnedAway.delete(client)
  }

  #count(provider: string, change: 1 | -1): void {
    this.#unproven.set(provider, (this.#unproven.get(provider) ?? 0) + change)
  }

  #remember(client: string, { failure, nextTryInMs }: Extract<KeeperEvent, { type: 'failed' }>): void {
    const now = this.#options.now()
    const { times, since } = this.#failed.get(client) ?? { times: 0, since: now }
    const pauseMs = failure.refused
      ? retryAfterRefusalMs(times + 1)
      : retryWhileUnusableMs(times + 1, now - since, 1)
    const until = now + Math.max(pauseMs, nextTryInMs)
    this.#failed.set(client, { times: times + 1, since, until, failure })
  }
}

/** What the keys of the clients of one destination begin with, and those of no other. */
export function clientsPrefix(settings: CallerAuthSettings, connection: string): string {
  const clientAuth = { method: settings.method, secret: Secret.ofValue('') }
  const { key } = credentialKeys({ ...settings, strategy: 'OAUTH', clientId: '', clientAuth }, connection)
  return `clients ${createHash('sha256').update(key).digest('base64url')} `
}

function stillFailing(failure: AcquireFailure, waitMs: number): Problem {
  const retryAfterS = Math.ceil(waitMs / 1_000)
  const detail = `${failure.message} The next attempt is due in ${retryAfterS} s.`
  if (failure.refused) return new Problem('caller-refused', detail, { retryAfterS })
  return new Problem('credential-unavailable', detail, { retryAfterS, fault: faultOf(failure, {}) })
}

/** Client id and secret from `Authorization: Basic` (RFC 7617). @throws Problem `caller-not-authenticated` */
export function readBasic(authorization: string | undefined): { id: string; secret: string } {
  const bytes = Buffer.from(BASIC.exec(authorization ?? '')?.[1] ?? '', 'base64')
  // Read as text, bytes that are no UTF-8 would make one secret of many.
  const text = isUtf8(bytes) ? bytes.toString('utf8') : ''
  const colon = text.indexOf(':')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 7617 forbids control characters
  if (colon < 1 || colon === text.length - 1 || /[\u0000-\u001f\u007f]/.test(text)) {
    throw new Problem(
      'caller-not-authenticated',
      'The request has no client id and secret of its caller (HTTP Basic).',
    )
  }
  return { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}
