import { createHash } from 'node:crypto'
import { Agent, type Dispatcher } from 'undici'
import { EgressError } from '../config/egress-error.ts'
import { codeInBrackets } from '../config/error-code.ts'
import type { Secret } from '../config/secrets.ts'
import type { Clock } from '../credentials/clock.ts'
import { fail } from './failing.ts'
import { OwnDispatcher } from './own-dispatcher.ts'

/** Told of files that changed while they were in use. The sentences are safe to log. */
export interface RenewalNotices {
  onRenewed(sentence: string): void
  /** The connections go on with what they had. Called once for each change. */
  onRenewalFailed(sentence: string): void
}

export interface RenewingOptions<Name extends string> {
  /** Where the connections lead, for messages: `the cluster`. */
  destination: string
  secrets: Readonly<Record<Name, Secret | undefined>>
  /** Makes the connections from what was read. May fail with a message that is safe to show. */
  build(texts: Record<Name, string | undefined>): Promise<Dispatcher>
  notices: RenewalNotices
  clock: Clock
  /** How often the files are looked at while requests are made, in milliseconds. */
  intervalMs: number
}

const READ_TIMEOUT_MS = 5_000

type Options = Dispatcher.DispatchOptions
type Handler = Dispatcher.DispatchHandler

/**
 * Connections that depend on files: made at the first request, and made anew when a file has changed, while the old
 * ones finish what they carry. Looks at the files only as long as requests come, so that one that nobody uses costs
 * nothing; after a pause the first request waits for a look.
 */
export class RenewingDispatcher<Name extends string> extends OwnDispatcher {
  readonly #options: RenewingOptions<Name>
  #current: Dispatcher | undefined
  /** Those that still finish what they carry. */
  readonly #retired = new Set<Dispatcher>()
  #looking: Promise<void> | undefined
  /** Cancels the next look, if there is to be one. */
  #cancelTimer: (() => void) | undefined
  #isWatching = false
  /** Whether requests came since the last look. */
  #isUsed = false
  #isClosed = false
  /** What `#current` was made from, and what was seen last. */
  #inUse = ''
  #seen = ''

  constructor(options: RenewingOptions<Name>) {
    super()
    this.#options = options
  }

  override dispatch(options: Options, handler: Handler): boolean {
    this.#isUsed = true
    if (this.#current !== undefined && (this.#isWatching || this.#isClosed))
      return this.#current.dispatch(options, handler)
    this.#look().then(
      // There is one now.
      () => this.#current?.dispatch(options, handler),
      (error: Error) => fail(error, options, handler),
    )
    return true
  }

  protected override async end(how: 'close' | 'destroy', error: Error | null): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer?.()
    // An agent that is closed answers late requests as undici does.
    this.#current ??= new Agent()
    const end = (dispatcher: Dispatcher) => (how === 'close' ? dispatcher.close() : dispatcher.destroy(error))
    const retired = [...this.#retired].map((dispatcher) => end(dispatcher).catch(() => undefined))
    await Promise.all([end(this.#current), ...retired])
  }

  /** One look at the files, however many wait for it. Fails only if there is nothing to go on with. */
  #look(): Promise<void> {
    this.#looking ??= this.#renew().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #renew(): Promise<void> {
    try {
      const texts = await this.#read()
      const digest = digestOf(Object.values(texts))
      if (digest !== this.#inUse && digest !== this.#seen) await this.#replace(texts, digest)
      this.#seen = digest
    } catch (error) {
      if (this.#current === undefined) throw error
      this.#refuse(error as Error)
    }
    this.#lookAgainLater()
  }

  async #read(): Promise<Record<Name, string | undefined>> {
    return this.#inTime(readTexts(this.#options.secrets))
  }

  /** A file system may hang. */
  async #inTime<T>(reading: Promise<T>): Promise<T> {
    let cancel = () => {}
    const late = new Promise<never>((_resolve, reject) => {
      const error = new EgressError('tls-unusable', 'The files of the TLS settings cannot be read in time.')
      cancel = this.#options.clock.setTimer(() => reject(error), READ_TIMEOUT_MS)
    })
    return Promise.race([reading, late]).finally(cancel)
  }

  async #replace(texts: Record<Name, string | undefined>, digest: string): Promise<void> {
    const old = this.#current
    try {
      const made = await this.#options.build(texts)
      if (this.#isClosed) return void (await made.destroy())
      this.#current = made
    } catch (error) {
      if (old === undefined) throw error
      this.#options.notices.onRenewalFailed(this.#unchanged(error as Error))
      return
    }
    this.#inUse = digest
    if (old === undefined) return
    this.#retire(old)
    this.#options.notices.onRenewed(
      `New connections to ${this.#options.destination} use the certificates that have changed.`,
    )
  }

  #retire(old: Dispatcher): void {
    this.#retired.add(old)
    const gone = () => this.#retired.delete(old)
    old.close().then(gone, gone)
  }

  #refuse(error: Error): void {
    if (this.#seen === error.message) return
    this.#seen = error.message
    this.#options.notices.onRenewalFailed(this.#unchanged(error))
  }

  #unchanged(error: Error): string {
    return `Connections to ${this.#options.destination} go on with the certificates they had: ${error.message}`
  }

  #lookAgainLater(): void {
    if (this.#isClosed) return
    this.#isWatching = true
    this.#cancelTimer = this.#options.clock.setTimer(() => {
      this.#isWatching = this.#isUsed
      this.#isUsed = false
      if (this.#isWatching) void this.#look()
    }, this.#options.intervalMs)
  }
}

/** Reads each of them. @throws EgressError if a file cannot be read */
export async function readTexts<Name extends string>(
  secrets: Readonly<Record<Name, Secret | undefined>>,
): Promise<Record<Name, string | undefined>> {
  const entries = Object.entries(secrets) as [Name, Secret | undefined][]
  const texts = await Promise.all(entries.map(async ([name, secret]) => [name, await textOf(secret)]))
  return Object.fromEntries(texts)
}

/** @throws EgressError if its file cannot be read */
async function textOf(secret: Secret | undefined): Promise<string | undefined> {
  try {
    return await secret?.read()
  } catch (error) {
    throw new EgressError('tls-unusable', `The ${secret?.origin} cannot be read${codeInBrackets(error)}.`)
  }
}

function digestOf(texts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url')
}
