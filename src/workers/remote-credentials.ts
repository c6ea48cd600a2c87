import { createHmac, randomBytes } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { ApiName } from '../config/apis.ts'
import type { ClusterSettings } from '../config/settings.ts'
import { readBasic } from '../credentials/clients.ts'
import { type Clock, elapsedMs } from '../credentials/clock.ts'
import type { Credentials } from '../upstream/destinations.ts'
import type { Link } from './link.ts'
import type { ToWorker, Where } from './messages.ts'
import { RemoteKeeper } from './remote-keeper.ts'

const MAX_CLIENTS = 1_000

/** The credentials of a worker: what the primary sends. */
export class RemoteCredentials implements Credentials {
  readonly #link: Link
  readonly #clock: Clock
  /** Of this process only, so that a key tells nothing about a secret to who sees it. */
  readonly #salt = randomBytes(32)
  readonly #keepers = new Map<number, RemoteKeeper>()
  readonly #own = new Map<string, RemoteKeeper>()
  readonly #clients = new LRUCache<string, { number: number; keeper: RemoteKeeper }>({
    max: MAX_CLIENTS,
    // A request may still be using it: it goes on with what it has.
    dispose: ({ number }) => this.#keepers.delete(number),
  })
  readonly #edition: number
  readonly #numbers: { last: number }
  /** Those by the settings before, by which requests may still be on their way. */
  #before: RemoteCredentials | undefined

  constructor(link: Link, clock: Clock, edition: number, before?: RemoteCredentials) {
    this.#link = link
    this.#clock = clock
    this.#edition = edition
    this.#before = before
    this.#numbers = before === undefined ? { last: 0 } : before.#numbers
    // Who goes by settings that are older still goes on with what there is.
    if (before !== undefined) before.#before = undefined
  }

  /** Those by the next settings, which take over what is sent for these. */
  next(edition: number): RemoteCredentials {
    return new RemoteCredentials(this.#link, this.#clock, edition, this)
  }

  keeperFor(cluster: ClusterSettings, api: ApiName): (authorization: string | undefined) => RemoteKeeper {
    if (cluster.apis.get(api)?.auth.strategy === 'CALLER')
      return (authorization) => this.#client(this.#where(cluster.name, api, authorization))
    const name = `${api} ${cluster.name}`
    const keeper = this.#own.get(name) ?? this.#open(this.#where(cluster.name, api, undefined)).keeper
    this.#own.set(name, keeper)
    return () => keeper
  }

  /** Takes over what the primary sent, if it is of credentials. */
  receive(message: ToWorker): void {
    if (message.type === 'credential')
      this.#keeper(message.keeper)?.take(message.credential, elapsedMs(message.sentAt))
    else if (message.type === 'session') this.#keeper(message.keeper)?.takeSession(message.issue, message)
    else if (message.type === 'answer') this.#link.answered(message.ask, message.problem)
  }

  #keeper(number: number): RemoteKeeper | undefined {
    const before = this.#before === undefined ? undefined : this.#before.#keepers
    return this.#keepers.get(number) ?? before?.get(number)
  }

  #where(cluster: string, api: ApiName, authorization: string | undefined): Where {
    return { cluster, api, authorization, edition: this.#edition }
  }

  #client(where: Where): RemoteKeeper {
    const { id, secret } = readBasic(where.authorization)
    const name = JSON.stringify([where.cluster, where.api, id, secret])
    const key = createHmac('sha256', this.#salt).update(name).digest('base64url')
    const known = this.#clients.get(key) ?? this.#open(where)
    this.#clients.set(key, known, { noDisposeOnSet: true })
    return known.keeper
  }

  #open(where: Where): { number: number; keeper: RemoteKeeper } {
    const number = ++this.#numbers.last
    const keeper = new RemoteKeeper({ keeper: number, where }, this.#link, this.#clock)
    this.#keepers.set(number, keeper)
    return { number, keeper }
  }
}
