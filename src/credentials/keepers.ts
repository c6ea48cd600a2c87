import { LRUCache } from 'lru-cache'
import type { CredentialKeeper } from './keeper.ts'
import { Pace } from './pace.ts'

/** What makes two clusters or callers share one credential. */
export interface CredentialKey {
  method: string
  tokenUrl: string
  clientId: string
  audience: string | undefined
  scope: string | undefined
}

const MAX_KEEPERS = 1_000

/**
 * The keepers of this process, one for each key, at most a thousand: the one used longest ago is closed for a new
 * one. Those with the same token URL share its pace.
 */
export class Keepers {
  readonly #paces = new LRUCache<string, Pace>({ max: MAX_KEEPERS })
  readonly #keepers = new LRUCache<string, CredentialKeeper>({
    max: MAX_KEEPERS,
    dispose: (keeper) => keeper.close(),
  })

  /** The keeper of this key, made by `create` if there is none yet. */
  get(key: CredentialKey, create: (pace: Pace) => CredentialKeeper): CredentialKeeper {
    const name = JSON.stringify([key.method, key.tokenUrl, key.clientId, key.audience, key.scope])
    const known = this.#keepers.get(name)
    if (known !== undefined) return known
    const keeper = create(this.#pace(key.tokenUrl))
    this.#keepers.set(name, keeper)
    return keeper
  }

  drain(): void {
    for (const keeper of this.#keepers.values()) keeper.drain()
  }

  /** Closes every keeper. */
  close(): void {
    this.#keepers.clear()
  }

  #pace(tokenUrl: string): Pace {
    const pace = this.#paces.get(tokenUrl) ?? new Pace()
    this.#paces.set(tokenUrl, pace)
    return pace
  }
}
