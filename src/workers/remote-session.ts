import type { LoginSigns, Session } from '../credentials/credential.ts'
import { endsLogin, isSafe } from '../credentials/session.ts'
import type { SentHeaders } from './messages.ts'

const OF_SESSION = new Set(['set-cookie', 'x-csrf-token'])
/** Names and values that may wait to be told: more than one answer of a cluster has. */
const MAX_UNTOLD = 128

/**
 * A login that is kept elsewhere: what answers say of it is told there, one message at a time, and what is to be sent
 * comes from there.
 */
export class RemoteSession implements Session {
  readonly signs: LoginSigns
  readonly #tell: (rawHeaders: readonly string[]) => Promise<unknown>
  #headers: SentHeaders
  #untold: string[] = []
  #isTelling = false

  /** `tell` resolves when it is time to tell more. */
  constructor(
    signs: LoginSigns,
    headers: SentHeaders,
    tell: (rawHeaders: readonly string[]) => Promise<unknown>,
  ) {
    this.signs = signs
    this.#headers = headers
    this.#tell = tell
  }

  update(headers: SentHeaders): void {
    this.#headers = headers
  }

  headersFor(method: string): readonly string[] {
    return isSafe(method) ? this.#headers.safe : this.#headers.unsafe
  }

  observe(rawHeaders: readonly string[]): void {
    for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
      const name = rawHeaders[i] as string // within the bounds, by the loop's condition
      if (OF_SESSION.has(name.toLowerCase())) this.#untold.push(name, rawHeaders[i + 1] as string)
    }
    if (this.#untold.length > 0 && !this.#isTelling) void this.#tellAll()
  }

  isOver(status: number, location: string | undefined): boolean {
    return endsLogin(this.signs, status, location)
  }

  async #tellAll(): Promise<void> {
    this.#isTelling = true
    while (this.#untold.length > 0) {
      const told = this.#untold.slice(-MAX_UNTOLD)
      this.#untold = []
      await this.#tell(told)
    }
    this.#isTelling = false
  }
}
