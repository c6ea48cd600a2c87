import type { Dispatcher } from 'undici'
import type { ConnectionSettings } from '../config/settings.ts'
import type { Clock } from '../credentials/clock.ts'
import { clusterDispatcher, identityProviderDispatcher, type RenewalNotices } from './dispatcher.ts'

const makers = { cluster: clusterDispatcher, 'identity provider': identityProviderDispatcher }

/** The connections of this process: what is reached alike shares them. */
export class Connections {
  readonly #notices: RenewalNotices
  readonly #clock: Clock
  readonly #dispatchers = new Map<string, Dispatcher>()

  constructor(notices: RenewalNotices, clock: Clock) {
    this.#notices = notices
    this.#clock = clock
  }

  /** Those to a cluster or an identity provider that is reached in this way, made when they are first asked for. */
  to(kind: keyof typeof makers, settings: ConnectionSettings): Dispatcher {
    const key = kind + connectionKey(settings)
    const known = this.#dispatchers.get(key)
    if (known !== undefined) return known
    const dispatcher = makers[kind](settings, this.#notices, { clock: this.#clock })
    this.#dispatchers.set(key, dispatcher)
    return dispatcher
  }

  /** Lets go of every one at once. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#dispatchers.values()].map((dispatcher) => dispatcher.destroy()))
  }
}

/** Equal for what is reached in the same way. */
export function connectionKey(settings: ConnectionSettings | undefined): string {
  if (settings === undefined) return ''
  const { tls, egressProxy, http2 } = settings
  const parts = [tls.ca, tls.certificate, tls.key, tls.passphrase, egressProxy].map((part) => part?.id)
  return JSON.stringify([http2, ...parts])
}
