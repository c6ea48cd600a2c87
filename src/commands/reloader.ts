import type { Logger } from 'pino'
import type { ReloadStatus } from '../admin/reload-status.ts'
import { changesBetween } from '../config/changes.ts'
import type { LoadedSettings } from '../config/load.ts'
import type { Clock } from '../credentials/clock.ts'
import { SettingsError } from '../errors.ts'
import { ReloadError } from '../succession.ts'

export interface ReloaderOptions {
  /** What is in force at the start. */
  loaded: LoadedSettings
  /** Reads the settings anew. @throws SettingsError */
  load(running: LoadedSettings): Promise<LoadedSettings>
  /** Has them hold. @throws SettingsError, ReloadError */
  apply(loaded: LoadedSettings): Promise<void>
  logger: Logger
  clock: Clock
  /** Has a reload made: for a service manager, who wants to hear of its beginning and its end. */
  around(reload: () => Promise<void>): Promise<void>
}

/** After how long settings are tried again whose identity provider could not be reached, in milliseconds. */
const AGAIN_MS = 30_000

/** Reloads the settings when it is asked to: one reload at a time, and one more if it was asked meanwhile. */
export class Reloader {
  readonly #options: ReloaderOptions
  #loaded: LoadedSettings
  #status: ReloadStatus
  #running: Promise<void> | undefined
  #askedAgain: string | undefined
  #hasEnded = false
  #cancelAgain = () => {}

  constructor(options: ReloaderOptions) {
    this.#options = options
    this.#loaded = options.loaded
    const now = Date.now()
    this.#status = { at: now, ok: true, faults: [], succeededAt: now, counts: { ok: 0, refused: 0 } }
  }

  status(): ReloadStatus {
    return this.#status
  }

  /** Resolves when it is done. `why` is for the log. */
  request(why: string): Promise<void> {
    if (this.#hasEnded) return Promise.resolve()
    if (this.#running !== undefined) {
      this.#askedAgain = why
      return this.#running
    }
    this.#running = this.#run(why).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Shutting down: there are no more reloads. */
  end(): void {
    this.#hasEnded = true
    this.#cancelAgain()
  }

  async #run(first: string): Promise<void> {
    for (let why: string | undefined = first; why !== undefined && !this.#hasEnded; why = this.#askedAgain) {
      this.#askedAgain = undefined
      const reason = why
      await this.#options.around(() => this.#reload(reason))
      if (this.#askedAgain === undefined) return
    }
  }

  async #reload(why: string): Promise<void> {
    const { load, apply, logger } = this.#options
    this.#cancelAgain()
    try {
      const next = await load(this.#loaded)
      await apply(next)
      // It may have been so low that nobody would hear of this.
      logger.level = next.settings.logLevel
      this.#succeed(next, why)
    } catch (error) {
      this.#refuse(error, why)
      if (error instanceof ReloadError && error.mayPass) this.#tryAgainLater()
    }
  }

  #tryAgainLater(): void {
    if (this.#hasEnded) return
    const again = () => void this.request('the last reload may succeed now')
    this.#cancelAgain = this.#options.clock.setTimer(again, AGAIN_MS)
  }

  #succeed(next: LoadedSettings, why: string): void {
    const { logger } = this.#options
    const changed = changesBetween(this.#loaded.digests, next.digests)
    this.#loaded = next
    const now = Date.now()
    const { refused, ok } = this.#status.counts
    this.#status = { at: now, ok: true, faults: [], succeededAt: now, counts: { ok: ok + 1, refused } }
    const words = changed.length === 0 ? 'no setting has changed' : `${changed.join(', ')} changed`
    logger.info({ changed, why }, `settings reloaded: ${words}`)
    for (const warning of next.warnings) logger.warn(warning)
    const { needsRestart } = next
    if (needsRestart.length > 0)
      logger.warn({ needsRestart }, `these settings need a restart, and stay: ${needsRestart.join(', ')}`)
  }

  #refuse(error: unknown, why: string): void {
    const { logger } = this.#options
    const isExpected = error instanceof SettingsError || error instanceof ReloadError
    const faults = isExpected ? error.message.split('\n') : ['an unexpected error: please report it']
    const { succeededAt, counts } = this.#status
    this.#status = {
      at: Date.now(),
      ok: false,
      faults,
      succeededAt,
      counts: { ...counts, refused: counts.refused + 1 },
    }
    const err = isExpected ? undefined : error
    logger.error(
      { faults, why, err },
      `the new settings cannot be used, the old ones hold: ${faults.join('; ')}`,
    )
  }
}
