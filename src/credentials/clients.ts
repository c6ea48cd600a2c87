import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Dispatcher } from 'undici'
import { Secret } from '../config/secrets.ts'
import type { AuthSettings, CallerAuthSettings } from '../config/settings.ts'
import { Problem } from '../errors.ts'
import type { CredentialSource } from './credential.ts'
import type { CredentialKeeper, KeeperEvent } from './keeper.ts'
import type { Keepers } from './keepers.ts'
import type { Pace } from './pace.ts'
import { retryAfterRefusalMs } from './schedule.ts'
import { credentialKeys, makeSource } from './sources.ts'

export interface ClientKeepersOptions {
  keepers: Keepers
  /** Never goes back, in milliseconds. */
  now(): number
  makeKeeper(source: CredentialSource, pace: Pace, onEvent: (event: KeeperEvent) => void): CredentialKeeper
}

/** How many clients that have never been accepted may be at one identity provider's door at a time. */
const MAX_UNPROVEN = 4
const MAX_REFUSED_IDS = 1_000
/** RFC 7617; at most 16 KiB, as all headers together. */
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i

/**
 * Keepers for callers that are OAuth clients of their own: each sends its client id and secret as HTTP Basic and is
 * given the keeper of that client. Somebody with wrong secrets neither storms the identity provider nor stands in the
 * way of those that it knows.
 */
export class ClientKeepers {
  readonly #options: ClientKeepersOptions
  /** Of this process only, so that a key tells nothing about a secret to who sees it. */
  readonly #salt = randomBytes(32)
  /** By client id, hashed: how often in a row it was refused, and until when another secret of its is not tried. */
  readonly #refused = new LRUCache<string, { times: number; until: number }>({ max: MAX_REFUSED_IDS })
  /** By identity provider. */
  readonly #unproven = new Map<string, number>()

  constructor(options: ClientKeepersOptions) {
    this.#options = options
  }

  /** The look-up for one destination, by the `Authorization` of a request. It throws a Problem where there is no keeper. */
  of(
    settings: CallerAuthSettings,
    identityProvider: () => Dispatcher,
  ): (authorization: string | undefined) => CredentialKeeper {
    const scopeOfKey = JSON.stringify([settings.audience, settings.scope, settings.resource])
    return (authorization) => {
      const { id, secret } = readBasic(authorization)
      const auth: AuthSettings = {
        ...settings,
        strategy: 'OAUTH',
        clientId: id,
        clientAuth: { method: settings.method, secret: Secret.ofValue(secret) },
      }
      const { paceKey } = credentialKeys(auth)
      const key = `${paceKey} ${scopeOfKey} ${this.#hash(`${id}\0${secret}`)}`
      return this.#options.keepers.get(key, paceKey, (pace) => {
        const source = makeSource(auth, { cluster: identityProvider(), identityProvider })
        return this.#admit(id, paceKey, (onEvent) => this.#options.makeKeeper(source, pace, onEvent))
      })
    }
  }

  /** Lets a client in that is not known yet, unless its id was refused just now or too many wait to become known. */
  #admit(
    id: string,
    provider: string,
    make: (onEvent: (event: KeeperEvent) => void) => CredentialKeeper,
  ): CredentialKeeper {
    const idKey = this.#hash(id)
    const latchedMs = (this.#refused.get(idKey)?.until ?? 0) - this.#options.now()
    if (latchedMs > 0) throw refused('The identity provider refused this client a moment ago.', latchedMs)
    const unproven = this.#unproven.get(provider) ?? 0
    if (unproven >= MAX_UNPROVEN)
      throw new Problem('credential-unavailable', 'Too many new callers at once.', { retryAfterS: 1 })
    this.#unproven.set(provider, unproven + 1)
    let isUnproven = true
    const keeper = make((event) => {
      if (event.type !== 'acquired' && event.type !== 'failed') return
      if (isUnproven) this.#unproven.set(provider, (this.#unproven.get(provider) ?? 1) - 1)
      isUnproven = false
      if (event.type === 'acquired') this.#refused.delete(idKey)
      else if (event.failure.refused) this.#latch(idKey)
    })
    keeper.start()
    return keeper
  }

  #latch(idKey: string): void {
    const times = (this.#refused.get(idKey)?.times ?? 0) + 1
    this.#refused.set(idKey, { times, until: this.#options.now() + retryAfterRefusalMs(times) })
  }

  #hash(text: string): string {
    return createHmac('sha256', this.#salt).update(text).digest('base64url')
  }
}

function refused(detail: string, waitMs: number): Problem {
  return new Problem('caller-refused', detail, { retryAfterS: Math.ceil(waitMs / 1_000) })
}

/** Client id and secret from `Authorization: Basic` (RFC 7617). @throws Problem `caller-not-authenticated` */
function readBasic(authorization: string | undefined): { id: string; secret: string } {
  const encoded = BASIC.exec(authorization ?? '')?.[1]
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 1 || colon === text.length - 1) {
    throw new Problem(
      'caller-not-authenticated',
      'The request has no client id and secret of its caller (HTTP Basic).',
    )
  }
  return { id: text.slice(0, colon), secret: text.slice(colon + 1) }
}
