import { LRUCache } from 'lru-cache'
import type { CredentialKeeper } from './keeper.ts'
import { Pace } from './pace.ts'

const MAX_KEEPERS = 1_000

/**
 * The keepers of this process, one for each key, at most a thousand beside those that are kept: the one used longest
 * ago makes room for a new one. Those of one pace key, such as a token URL, share its pace.
 */
export class Keepers {
  readonly #onHeldBack: (() => void) | undefined
  readonly #paces = new LRUCache<string, Pace>({ max: MAX_KEEPERS })
  readonly #kept = new Map<string, CredentialKeeper>()
  /** Those that are not wanted any more, and may still be used. */
  readonly #leaving = new Set<CredentialKeeper>()
  readonly #keepers = new LRUCache<string, CredentialKeeper>({
    max: MAX_KEEPERS,
    // A request may still be using it: it renews on demand only, and is gone with the last who holds it.
    dispose: (keeper, _key, reason) => reason === 'evict' && keeper.drain(),
  })

  /** `onHeldBack` hears of each attempt that waits for its turn. */
  constructor(onHeldBack?: () => void) {
    this.#onHeldBack = onHeldBack
  }

  /** The keeper of this key, made by `create` if there is none yet. */
  get(key: string, paceKey: string, create: (pace: Pace) => CredentialKeeper): CredentialKeeper {
    const known = this.#kept.get(key) ?? this.#keepers.get(key)
    if (known !== undefined) return known
    const keeper = create(this.#pace(paceKey))
    this.#keepers.set(key, keeper)
    return keeper
  }

  /** The same, but never makes room: what has to be ready although nobody asks. */
  keep(key: string, paceKey: string, create: (pace: Pace) => CredentialKeeper): CredentialKeeper {
    const known = this.#kept.get(key)
    if (known !== undefined) return known
    const keeper = this.get(key, paceKey, create)
    this.#keepers.delete(key)
    this.#kept.set(key, keeper)
    return keeper
  }

  /** The keeper of this key if there is one, without making use of it. */
  peek(key: string): CredentialKeeper | undefined {
    return this.#kept.get(key) ?? this.#keepers.peek(key)
  }

  /** Lets go of a keeper, unless another has taken its place. Who holds it may go on using it. */
  forget(key: string, keeper: CredentialKeeper): void {
    if (this.#keepers.peek(key) !== keeper) return
    this.#keepers.delete(key)
    keeper.drain()
  }

  /**
   * Lets go of all but those that are still wanted, and keeps only that of `keptKey` from making room. Who holds one of
   * the others may go on using it until `whenUnused`, when it ends for good.
   */
  retain(isWanted: (key: string) => boolean, keptKey: string | undefined, whenUnused: Promise<void>): void {
    for (const [key, keeper] of this.#kept) {
      if (key === keptKey) continue
      this.#kept.delete(key)
      this.#keepers.set(key, keeper)
    }
    for (const [key, keeper] of [...this.#keepers]) {
      if (isWanted(key)) continue
      this.#keepers.delete(key)
      keeper.drain()
      this.#leaving.add(keeper)
      void whenUnused.then(() => {
        this.#leaving.delete(keeper)
        return keeper.close()
      })
    }
  }

  /** How many there are. */
  get size(): number {
    return this.#keepers.size + this.#kept.size + this.#leaving.size
  }

  drain(): void {
    for (const keeper of this.#all()) keeper.drain()
  }

  /** Closes every keeper; what they can give back takes a moment. */
  async close(): Promise<void> {
    const all = this.#all()
    this.#keepers.clear()
    this.#kept.clear()
    this.#leaving.clear()
    await Promise.all(all.map((keeper) => keeper.close()))
  }

  #all(): CredentialKeeper[] {
    return [...this.#keepers.values(), ...this.#kept.values(), ...this.#leaving]
  }

  #pace(key: string): Pace {
    const pace = this.#paces.get(key) ?? new Pace(undefined, this.#onHeldBack)
    this.#paces.set(key, pace)
    return pace
  }
}
