import { LRUCache } from 'lru-cache'
import type { CredentialKeeper } from './keeper.ts'
import { Pace } from './pace.ts'

const MAX_KEEPERS = 1_000

/**
 * The keepers of this process, one for each key, at most a thousand: the one used longest ago makes room for a new
 * one. Those of one pace key, such as a token URL, share its pace.
 */
export class Keepers {
  readonly #paces = new LRUCache<string, Pace>({ max: MAX_KEEPERS })
  /** Those that are closing: what they can give back takes a moment. */
  readonly #closing = new Set<Promise<void>>()
  readonly #keepers = new LRUCache<string, CredentialKeeper>({
    max: MAX_KEEPERS,
    // A request may still be using it: it renews on demand only, and is gone with the last who holds it.
    dispose: (keeper, _key, reason) => (reason === 'evict' ? keeper.drain() : this.#close(keeper)),
  })

  /** The keeper of this key, made by `create` if there is none yet. */
  get(key: string, paceKey: string, create: (pace: Pace) => CredentialKeeper): CredentialKeeper {
    const known = this.#keepers.get(key)
    if (known !== undefined) return known
    const keeper = create(this.#pace(paceKey))
    this.#keepers.set(key, keeper)
    return keeper
  }

  /** How many there are. */
  get size(): number {
    return this.#keepers.size
  }

  drain(): void {
    for (const keeper of this.#keepers.values()) keeper.drain()
  }

  /** Closes every keeper. */
  async close(): Promise<void> {
    this.#keepers.clear()
    await Promise.all(this.#closing)
  }

  #close(keeper: CredentialKeeper): void {
    const closing = keeper.close().finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #pace(key: string): Pace {
    const pace = this.#paces.get(key) ?? new Pace()
    this.#paces.set(key, pace)
    return pace
  }
}
