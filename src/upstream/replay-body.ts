import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'

const HIGH_WATER_MARK = 64 * 1024

/** A body for more than one attempt. */
export interface Replayable {
  /** All that was read so far is still here. */
  readonly replayable: boolean
  /** All of it has been read, and handed to the reader. */
  readonly complete: boolean
  /** The whole body from its beginning, for one attempt. Only while `replayable`. */
  open(): Exclude<Dispatcher.DispatchOptions['body'], undefined>
  /** No further attempt will be made: lets go of what was kept. */
  forget(): void
}

/**
 * A caller's request body that can be sent a second time as long as it is small: what was read is kept, up to a
 * limit. The source is never destroyed, since the connection that carries it must still carry the answer.
 */
export class ReplayBody implements Replayable {
  readonly #source: Readable
  readonly #maxBytes: number
  #kept: Buffer[] | undefined = []
  #keptBytes = 0
  #ended = false
  #reader: Reader | undefined

  constructor(source: Readable, maxBytes: number) {
    this.#source = source
    this.#maxBytes = maxBytes
    source.on('data', this.#onData)
    source.on('end', this.#onEnd)
    source.on('error', this.#onError)
    source.pause()
  }

  /** All that was read so far is still here. */
  get replayable(): boolean {
    return this.#kept !== undefined
  }

  /** All of it has been read, and handed to the reader. */
  get complete(): boolean {
    return this.#ended
  }

  /** The whole body from its beginning, for one attempt; a reader opened before gets no more. Only while `replayable`. */
  open(): Readable {
    const reader: Reader = new Reader({
      wanted: () => reader === this.#reader && this.#source.resume(),
      gone: () => {
        if (reader !== this.#reader) return
        this.#reader = undefined
        this.#source.pause()
      },
    })
    this.#reader = reader
    for (const chunk of this.#kept ?? []) reader.push(chunk)
    if (this.#ended) reader.push(null)
    return reader
  }

  /** No further attempt will be made: lets go of what was kept. */
  forget(): void {
    this.#kept = undefined
  }

  /** Nobody wants the rest: lets go of the source, which is left paused. */
  detach(): void {
    this.forget()
    this.#source.off('data', this.#onData)
    this.#source.off('end', this.#onEnd)
    this.#reader?.destroy()
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#keep(chunk)
    if (this.#reader?.push(chunk) !== true) this.#source.pause()
  }

  readonly #onEnd = (): void => {
    this.#ended = true
    this.#reader?.push(null)
  }

  readonly #onError = (error: Error): void => {
    this.#reader?.destroy(error)
  }

  #keep(chunk: Buffer): void {
    if (this.#kept === undefined) return
    this.#keptBytes += chunk.length
    if (this.#keptBytes > this.#maxBytes) this.#kept = undefined
    else this.#kept.push(chunk)
  }
}

/** One reading of a body. Its end leaves the source where it is. */
class Reader extends Readable {
  readonly #body: { wanted(): void; gone(): void }

  constructor(body: { wanted(): void; gone(): void }) {
    super({ highWaterMark: HIGH_WATER_MARK })
    this.#body = body
  }

  override _read(): void {
    this.#body.wanted()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#body.gone()
    callback(error)
  }
}
