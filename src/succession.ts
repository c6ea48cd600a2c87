import { type Clock, systemClock } from './credentials/clock.ts'
import type { CredentialKeeper } from './credentials/keeper.ts'
import { Problem } from './errors.ts'

/** New settings that cannot take the place of those in force. The message is safe to show. */
export class ReloadError extends Error {
  override readonly name = 'ReloadError'
  /** It may be different in a moment, with the same settings. */
  readonly mayPass: boolean

  constructor(message: string, mayPass: boolean) {
    super(message)
    this.mayPass = mayPass
  }
}

/**
 * Gets the credential of a keeper that is to take the place of another; for ten seconds at most, as any caller.
 * @throws ReloadError if there is none to be had, and the other one has a credential to be given up for it
 */
export async function getFirst(
  next: CredentialKeeper | undefined,
  current: CredentialKeeper | undefined,
): Promise<void> {
  if (next === undefined || next === current) return
  try {
    await next.obtain()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (current?.usable() === undefined) return
    const { lastFailure } = next.status()
    const why = lastFailure?.message ?? error.message
    throw new ReloadError(
      `The new settings bring no credential for /v2: ${why}`,
      lastFailure?.refused !== true,
    )
  }
}

/** A request that waits for its turn at the door, or in a worker for a credential, may use what it began with for so long. */
const GRACE_MS = 15_000

/** What went before the settings in force, and may still be used. */
export class Past {
  readonly #clock: Clock
  readonly #cancels = new Set<() => void>()
  #whenUnused: Promise<void> = Promise.resolve()

  constructor(clock = systemClock()) {
    this.#clock = clock
  }

  /** Has settings take the place of others by `apply`; resolves when nothing goes by these others or by older ones. */
  add(apply: () => Promise<void>): Promise<void> {
    const all = [this.#whenUnused, apply(), this.#grace()]
    this.#whenUnused = Promise.all(all).then(() => {})
    return this.#whenUnused
  }

  /** Leaves no timer behind. */
  end(): void {
    for (const cancel of this.#cancels) cancel()
  }

  #grace(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.setTimer(() => {
        this.#cancels.delete(cancel)
        resolve()
      }, GRACE_MS)
      this.#cancels.add(cancel)
    })
  }
}
