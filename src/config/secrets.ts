import { createHash } from 'node:crypto'
import { createReadStream, type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { inspect } from 'node:util'

const REDACTED = '[redacted]'
/** A bundle of certificates may be long; a file that never ends may not be read to its end. */
export const MAX_SECRET_BYTES = 1024 * 1024

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
  /** It comes from a file, and so may change; a value stays as it is. */
  readonly isFile: boolean

  private constructor(from: { origin: string; id: string; isFile: boolean }, read: () => Promise<string>) {
    this.origin = from.origin
    this.id = from.id
    this.isFile = from.isFile
    this.#read = read
  }

  static ofValue(value: string): Secret {
    return new Secret({ origin: 'settings', id: `value ${digest(value)}`, isFile: false }, async () => value)
  }

  /** A trailing line break is not part of the secret: editors and `echo` add one. */
  static ofFile(path: string): Secret {
    return new Secret({ origin: `file ${path}`, id: `file ${path}`, isFile: true }, () =>
      readSecretFile(path),
    )
  }

  /** @throws Error with a `code` if its file cannot be read, is empty, or is longer than 1 MiB. */
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

async function readSecretFile(path: string): Promise<string> {
  if (mayBlock(await stat(path))) throw unusable(path, 'is not a regular file', 'NOT_A_FILE')
  // `end` counts itself in: one byte more than allowed tells that there is more.
  const bytes = await buffer(createReadStream(path, { start: 0, end: MAX_SECRET_BYTES }))
  if (bytes.length > MAX_SECRET_BYTES) throw unusable(path, 'is longer than 1 MiB', 'EFBIG')
  const value = bytes.toString('utf8').replace(/(\r?\n)+$/, '')
  if (value === '') throw unusable(path, 'is empty', 'EMPTY')
  return value
}

function unusable(path: string, fault: string, code: string): Error {
  return Object.assign(new Error(`file ${path} ${fault}`), { code })
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

/** Warns once of each of these files that users of the machine other than its owner and its group may read. */
export function exposureWarnings(paths: Iterable<string>): string[] {
  return [...new Set(paths)]
    .filter(isReadableByAll)
    .map((path) => `${path} is readable by every user of this machine: chmod 600 it`)
}

function isReadableByAll(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false })
  return process.platform !== 'win32' && stats?.isFile() === true && (stats.mode & 0o004) !== 0
}
