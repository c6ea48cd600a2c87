import { createHash } from 'node:crypto'
import { type Stats, statSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { inspect } from 'node:util'

const REDACTED = '[redacted]'
const MAX_BYTES = 64 * 1024

/**
 * A value that must not be seen. It prints as `[redacted]` wherever it ends up; only `read` gives it away. One
 * that comes from a file is read anew each time, so that a rotated secret is picked up.
 */
export class Secret {
  readonly #read: () => Promise<string>
  /** Where it comes from, without the value: for messages. */
  readonly origin: string
  /** Equal where value or file are: for keys of caches, never to be shown. */
  readonly id: string

  private constructor(origin: string, id: string, read: () => Promise<string>) {
    this.origin = origin
    this.id = id
    this.#read = read
  }

  static ofValue(value: string): Secret {
    return new Secret('settings', digest(value), async () => value)
  }

  /** A trailing line break is not part of the secret: editors and `echo` add one. */
  static ofFile(path: string): Secret {
    return new Secret(`file ${path}`, path, async () => {
      if (mayBlock(await stat(path))) throw new Error(`${path} is not a regular file`)
      const value = (await readFile(path, { encoding: 'utf8' })).slice(0, MAX_BYTES).replace(/(\r?\n)+$/, '')
      if (value === '') throw new Error(`file ${path} is empty`)
      return value
    })
  }

  /** @throws Error if its file cannot be read or is empty. */
  read(): Promise<string> {
    return this.#read()
  }

  /** A digest that changes with the value and does not give it away. */
  async fingerprint(): Promise<string> {
    return digest(await this.#read())
  }

  toString(): string {
    return REDACTED
  }

  toJSON(): string {
    return REDACTED
  }

  [inspect.custom](): string {
    return REDACTED
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

/** Takes each of the given secrets, as it is and URL-encoded, out of a text that somebody else wrote. */
export function scrub(text: string, secrets: readonly string[]): string {
  return secrets
    .flatMap(spellings)
    .filter((secret) => secret !== '')
    .reduce((clean, secret) => clean.replaceAll(secret, REDACTED), text)
}

function spellings(secret: string): string[] {
  const encoded = [encodeURIComponent(secret), new URLSearchParams({ s: secret }).toString().slice(2)]
  const lower = encoded.map((text) => text.replace(/%[\dA-F]{2}/g, (code) => code.toLowerCase()))
  return [secret, ...encoded, ...lower]
}

/** Reading a pipe without a writer, or a terminal, holds a thread of Node's for good, and no signal frees it. */
export function mayBlock(stats: Stats): boolean {
  return stats.isFIFO() || stats.isCharacterDevice()
}

/** Whether users of the machine other than the owner and its group may read the file. */
export function isReadableByAll(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o004) !== 0
}
