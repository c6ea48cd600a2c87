import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

/** A connection without a network: what is sent on it is kept, and what it receives is pushed by the test. */
export class Wire extends Duplex {
  readonly remoteAddress = '192.0.2.1'
  readonly #sent: Buffer[] = []

  constructor() {
    super({ allowHalfOpen: false, highWaterMark: 64 * 1024 })
  }

  get sent(): string {
    return Buffer.concat(this.#sent).toString('latin1')
  }

  /** As what a client expects. */
  get asSocket(): Socket {
    return this as unknown as Socket
  }

  receive(text: string): void {
    this.push(Buffer.from(text, 'latin1'))
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#sent.push(chunk)
    done()
  }

  setNoDelay(): this {
    return this
  }

  setKeepAlive(): this {
    return this
  }

  setTimeout(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}
