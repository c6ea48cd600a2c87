import { readFileSync, statSync } from 'node:fs'
import type { SettingFault } from '../errors.ts'
import { type BaseUrl, parseBaseUrl } from './base-url.ts'
import { environmentNames } from './camunda-env.ts'
import { codeInBrackets } from './error-code.ts'
import { bareHost, isLoopback } from './hosts.ts'
import type { Ranked } from './layers.ts'
import { type RawSettings, type SettingName, settingSchema } from './schema.ts'
import { MAX_SECRET_BYTES, mayBlock, Secret } from './secrets.ts'

/** Settings that were read and validated, and where each came from. */
export interface Given {
  raw: Partial<RawSettings>
  found: ReadonlyMap<string, Ranked>
  /** What is already known to be wrong, and is not complained of again. */
  unusable: ReadonlySet<string>
}

/** A secret's setting has one of the same name for its file. */
export type Readable = {
  [N in SettingName]: `${N}File` extends SettingName ? N : never
}[SettingName]

/** Working something out of settings: collects faults, warnings and derived values as it goes. */
export class Work {
  readonly faults: SettingFault[] = []
  readonly warnings: string[] = []
  /** Files that hold secrets. */
  readonly secretFiles: string[] = []
  readonly derived = new Map<SettingName, Ranked>()
  readonly raw: Partial<RawSettings>
  readonly #given: Given
  readonly #prefix: string
  readonly #plainHttpHosts: readonly string[]

  /** `prefix` goes before the names of settings, as in `clusters.NAME.`. */
  constructor(given: Given, prefix: string, plainHttpHosts: readonly string[]) {
    this.raw = given.raw
    this.#given = given
    this.#prefix = prefix
    this.#plainHttpHosts = plainHttpHosts
  }

  fault(setting: SettingName, expected: string): undefined {
    this.faults.push({ setting: this.#prefix + setting, source: this.sourceOf(setting), expected })
    return undefined
  }

  warn(warning: string): void {
    this.warnings.push(this.#prefix === '' ? warning : `${this.#prefix.slice(0, -1)}: ${warning}`)
  }

  missing(name: SettingName): undefined {
    if (this.isFaulty(name) || this.isFaulty(`${name}File`)) return undefined
    const { expected } = settingSchema(name)
    return this.fault(
      name,
      this.#prefix === '' ? `${expected}; set ${environmentNames(name).join(' or ')}` : expected,
    )
  }

  /** What is already complained of is not to be followed by what it leads to. */
  isFaulty(name: string): boolean {
    return (
      this.#given.unusable.has(name) || this.faults.some(({ setting }) => setting === this.#prefix + name)
    )
  }

  /** Given by somebody, and not only by default. */
  isGiven(name: SettingName): boolean {
    const found = this.#given.found.get(name)
    return found !== undefined && found.source !== 'default'
  }

  sourceOf(name: SettingName): string {
    return this.#given.found.get(name)?.source ?? 'not set'
  }

  derive(name: SettingName, value: string, source: string): void {
    this.derived.set(name, { value, text: false, source, rank: Number.POSITIVE_INFINITY })
  }

  /** A secret or PEM text that is given as it is or by a file: the more binding of the two counts, and neither if they are equal. */
  secret(name: Readable): Secret | undefined {
    const file = `${name}File` as SettingName // by the type of `name`
    const value = this.raw[name] as string | undefined
    const path = this.raw[file] as string | undefined
    const lead = this.#rank(name) - this.#rank(file)
    if (value !== undefined && path !== undefined && lead === 0) {
      return this.fault(file, `either it or ${name} (${this.sourceOf(name)}), not both`)
    }
    if (value !== undefined && (path === undefined || lead < 0)) return Secret.ofValue(value)
    return path === undefined ? undefined : this.#secretFile(file, path, settingSchema(name).secret === true)
  }

  /** A URL that a secret or token may be sent to. */
  url(name: SettingName): URL | undefined {
    const value = this.raw[name]
    if (typeof value !== 'string') return undefined
    if (!URL.canParse(value)) return this.fault(name, settingSchema(name).expected)
    const url = new URL(value)
    if (url.username !== '' || url.password !== '') return this.fault(name, 'a URL without a password in it')
    this.#checkPlainHttp(name, url)
    return url
  }

  /** The address of an API; `name` is blamed if it cannot be one. */
  address(name: SettingName, address: string): BaseUrl | undefined {
    const parsed = parseBaseUrl(address)
    if (typeof parsed === 'string') return this.fault(name, parsed)
    this.#checkPlainHttp(name, new URL(parsed.origin))
    return parsed
  }

  /** A secret or token goes over plain http only to this machine, or to a host that was named. */
  #checkPlainHttp(name: SettingName, url: URL): void {
    const named = this.#plainHttpHosts.some((host) => bareHost(host) === bareHost(url.hostname))
    if (this.raw.authStrategy === 'NONE') return
    if (url.protocol !== 'http:' || isLoopback(url.hostname) || named || this.isFaulty('allowPlainHttp'))
      return
    this.fault(
      name,
      `https, or ${url.hostname} to be listed in allowPlainHttp: the credential would travel in the clear`,
    )
  }

  #secretFile(name: SettingName, path: string, isSecret: boolean): Secret | undefined {
    try {
      const stats = statSync(path)
      if (mayBlock(stats)) return this.fault(name, 'a regular file')
      if (stats.size > MAX_SECRET_BYTES) return this.fault(name, 'a file of 1 MiB at most')
      if (readFileSync(path, 'utf8').trim() === '') return this.fault(name, 'a file that is not empty')
      if (isSecret) this.secretFiles.push(path)
      return Secret.ofFile(path)
    } catch (error) {
      return this.fault(name, `a readable file${codeInBrackets(error)}`)
    }
  }

  #rank(name: SettingName): number {
    return this.#given.found.get(name)?.rank ?? 0
  }
}
