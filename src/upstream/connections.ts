import type { Dispatcher } from 'undici'
import type { ClusterSettings, ConnectionSettings } from '../config/settings.ts'
import type { Clock } from '../credentials/clock.ts'
import { clusterDispatcher, identityProviderDispatcher, type RenewalNotices } from './dispatcher.ts'

const makers = { cluster: clusterDispatcher, 'identity provider': identityProviderDispatcher }

/** The connections of this process: what is reached alike shares them. */
export class Connections {
  readonly #notices: RenewalNotices
  readonly #clock: Clock
  readonly #dispatchers = new Map<string, Dispatcher>()
  /** Those that are not wanted any more, and still finish what they carry. */
  readonly #leaving = new Set<Dispatcher>()

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

  /** Lets go of all that do not lead to these clusters: from `whenUnused` they take no more requests. */
  retain(clusters: Iterable<ClusterSettings>, whenUnused: Promise<void>): void {
    const wanted = keysOf(clusters)
    for (const [key, dispatcher] of this.#dispatchers) {
      if (wanted.has(key)) continue
      this.#dispatchers.delete(key)
      this.#leaving.add(dispatcher)
      const gone = () => this.#leaving.delete(dispatcher)
      void whenUnused.then(() => dispatcher.close()).then(gone, gone)
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#dispatchers.size + this.#leaving.size
  }

  /** Lets go of every one at once. */
  async destroy(): Promise<void> {
    const all = [...this.#dispatchers.values(), ...this.#leaving]
    await Promise.all(all.map((dispatcher) => dispatcher.destroy()))
  }
}

function keysOf(clusters: Iterable<ClusterSettings>): Set<string> {
  const keys = new Set<string>()
  for (const { apis, identityProvider } of clusters) {
    keys.add(`identity provider${connectionKey(identityProvider)}`)
    for (const { connection } of apis.values()) keys.add(`cluster${connectionKey(connection)}`)
  }
  return keys
}

/** Equal for what is reached in the same way. */
export function connectionKey(settings: ConnectionSettings | undefined): string {
  if (settings === undefined) return ''
  const { tls, egressProxy, http2 } = settings
  const parts = [tls.ca, tls.certificate, tls.key, tls.passphrase, egressProxy].map((part) => part?.id)
  return JSON.stringify([http2, ...parts])
}
