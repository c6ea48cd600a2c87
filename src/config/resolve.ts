import { readFileSync, statSync } from 'node:fs'
import type { SettingFault } from '../errors.ts'
import { type BaseUrl, parseBaseUrl, saasAddress } from './base-url.ts'
import { environmentNames } from './camunda-env.ts'
import { bareHost, isLoopback, reaches } from './hosts.ts'
import type { Ranked } from './layers.ts'
import { type RawSettings, type SettingName, settingSchema } from './schema.ts'
import { isReadableByAll, mayBlock, Secret } from './secrets.ts'

/** The settings as the program uses them: complete, consistent, and with secrets that do not print. */
export interface Settings {
  cluster: BaseUrl
  oauth: {
    tokenUrl: URL
    clientId: string
    clientSecret: Secret
    audience: string | undefined
    scope: string | undefined
  }
  listen: { host: string; port: number } | { socket: string }
  admin: { host: string; port: number } | undefined
  callerToken: Secret | undefined
  allowedHosts: readonly string[]
  maxReplayBytes: number
  accessLog: RawSettings['accessLog']
  logLevel: RawSettings['logLevel']
}

interface Resolved {
  settings: Settings | undefined
  faults: SettingFault[]
  warnings: string[]
  /** Values that were worked out from others. */
  derived: Map<SettingName, Ranked>
}

const SAAS_LOGIN = /^login\.cloud(\.[\w-]+)*\.(camunda\.io|ultrawombat\.com)$/
const SAAS_AUDIENCE = 'zeebe.camunda.io'
const SELF_MANAGED_ADDRESS = 'http://localhost:8080'

/**
 * Works the program's settings out of valid raw ones, and finds what is wrong between them. What is already known
 * to be wrong (`unusable`) is not complained of again.
 */
export function resolve(
  raw: Partial<RawSettings>,
  found: (name: SettingName) => Ranked | undefined,
  unusable: ReadonlySet<string>,
): Resolved {
  const work = new Work(raw, found, unusable)
  const tokenUrl = work.tokenUrl()
  const cluster = work.cluster(tokenUrl)
  const clientSecret = work.secret('clientSecret', 'clientSecretFile')
  const callerToken = work.secret('callerToken', 'callerTokenFile')
  const clientId = work.needed('clientId')
  if (clientSecret === undefined) work.missing('clientSecret')
  work.checkListener(cluster, callerToken !== undefined)
  const { faults, warnings, derived } = work
  if (!cluster || !tokenUrl || !clientId || !clientSecret || faults.length > 0) {
    return { settings: undefined, faults, warnings, derived }
  }
  const audience = work.audience(tokenUrl)
  // What has a default and is missing here is unusable, and the caller will not use the result.
  const all = raw as RawSettings
  const settings: Settings = {
    cluster,
    oauth: { tokenUrl, clientId, clientSecret, audience, scope: all.oauthScope },
    listen: all.socket === undefined ? { host: all.host, port: all.port } : { socket: all.socket },
    admin: typeof all.adminPort === 'number' ? { host: all.adminHost, port: all.adminPort } : undefined,
    callerToken,
    allowedHosts: all.allowedHosts,
    maxReplayBytes: all.maxReplayBytes,
    accessLog: all.accessLog,
    logLevel: all.logLevel,
  }
  return { settings, faults, warnings, derived }
}

/** One resolution: collects faults, warnings and derived values as it goes. */
class Work {
  readonly faults: SettingFault[] = []
  readonly warnings: string[] = []
  readonly derived = new Map<SettingName, Ranked>()
  readonly #raw: Partial<RawSettings>
  readonly #found: (name: SettingName) => Ranked | undefined
  readonly #unusable: ReadonlySet<string>

  constructor(
    raw: Partial<RawSettings>,
    found: (name: SettingName) => Ranked | undefined,
    unusable: ReadonlySet<string>,
  ) {
    this.#raw = raw
    this.#found = found
    this.#unusable = unusable
  }

  tokenUrl(): URL | undefined {
    const { oauthUrl } = this.#raw
    if (oauthUrl === undefined) return undefined
    if (!URL.canParse(oauthUrl)) return this.#fault('oauthUrl', settingSchema('oauthUrl').expected)
    const url = new URL(oauthUrl)
    if (url.username !== '' || url.password !== '')
      return this.#fault('oauthUrl', 'a URL without a password in it')
    this.#checkPlainHttp('oauthUrl', url)
    return url
  }

  /** The cluster's address: as given, else by region and id, else the default of Self-Managed. */
  cluster(tokenUrl: URL | undefined): BaseUrl | undefined {
    const { restAddress, clusterRegion, clusterId } = this.#raw
    if (restAddress !== undefined) return this.#parsedAddress('restAddress', restAddress)
    if (this.#unusable.has('restAddress')) return undefined
    if (clusterRegion !== undefined && clusterId !== undefined) {
      const address = saasAddress(clusterRegion, clusterId)
      this.#derive('restAddress', address, 'from clusterRegion and clusterId')
      return this.#parsedAddress('clusterRegion', address)
    }
    if (clusterRegion !== undefined) return this.missing('clusterId')
    if (clusterId !== undefined) return this.missing('clusterRegion')
    if (tokenUrl === undefined) return undefined
    if (SAAS_LOGIN.test(tokenUrl.hostname)) return this.missing('restAddress')
    this.#derive('restAddress', SELF_MANAGED_ADDRESS, 'default for Self-Managed')
    return this.#parsedAddress('restAddress', SELF_MANAGED_ADDRESS)
  }

  audience(tokenUrl: URL): string | undefined {
    const { tokenAudience } = this.#raw
    if (tokenAudience !== undefined || !SAAS_LOGIN.test(tokenUrl.hostname)) return tokenAudience
    this.#derive('tokenAudience', SAAS_AUDIENCE, 'default for SaaS')
    return SAAS_AUDIENCE
  }

  /** A secret that is given as it is or by a file: the more binding of the two counts, and neither if they are equal. */
  secret(
    name: 'clientSecret' | 'callerToken',
    file: 'clientSecretFile' | 'callerTokenFile',
  ): Secret | undefined {
    const value = this.#raw[name]
    const path = this.#raw[file]
    const lead = (this.#found(name)?.rank ?? 0) - (this.#found(file)?.rank ?? 0)
    if (value !== undefined && path !== undefined && lead === 0) {
      return this.#fault(file, `either it or ${name} (${this.#sourceOf(name)}), not both`)
    }
    if (value !== undefined && (path === undefined || lead < 0)) return Secret.ofValue(value)
    return path === undefined ? undefined : this.#secretFile(file, path)
  }

  needed(name: 'clientId'): string | undefined {
    return this.#raw[name] ?? this.missing(name)
  }

  missing(name: SettingName): undefined {
    if (this.#isFaulty(name) || this.#isFaulty(`${name}File`)) return undefined
    return this.#fault(name, `${settingSchema(name).expected}; set ${environmentNames(name).join(' or ')}`)
  }

  /** The listener must not lend the credential to other machines by accident, and the proxy must not call itself. */
  checkListener(cluster: BaseUrl | undefined, hasCallerToken: boolean): void {
    const { socket, host, port, adminHost, adminPort } = this.#raw
    if (socket !== undefined || host === undefined) return
    if (!isLoopback(host) && !hasCallerToken) this.#checkRemote(host)
    if (port === undefined || port === 0) return
    if (port === adminPort && reaches(adminHost ?? '', host)) {
      this.#fault('adminPort', `another port than the proxy's own, ${port}`)
    }
    if (cluster !== undefined && leadsTo(new URL(cluster.origin), host, port)) {
      this.#fault(
        'restAddress',
        `another address than this proxy's own, ${host}:${port}; give the proxy another port`,
      )
    }
  }

  #checkRemote(host: string): void {
    if (this.#raw.allowRemote === true) {
      this.warnings.push(
        `every machine that reaches ${host}:${this.#raw.port} can use the credential: set callerToken`,
      )
    } else if (!['callerToken', 'callerTokenFile', 'allowRemote'].some((name) => this.#isFaulty(name))) {
      this.#fault(
        'host',
        'a loopback address, or callerToken to be set, or allowRemote: other machines could use the credential',
      )
    }
  }

  /** What is already complained of is not to be followed by what it leads to. */
  #isFaulty(name: string): boolean {
    return this.#unusable.has(name) || this.faults.some((fault) => fault.setting === name)
  }

  #parsedAddress(name: SettingName, address: string): BaseUrl | undefined {
    const parsed = parseBaseUrl(address)
    if (typeof parsed === 'string') return this.#fault(name, parsed)
    this.#checkPlainHttp(name, new URL(parsed.origin))
    return parsed
  }

  /** A secret or token goes over plain http only to this machine, or to a host that was named. */
  #checkPlainHttp(name: SettingName, url: URL): void {
    const named = (this.#raw.allowPlainHttp ?? []).some((host) => bareHost(host) === bareHost(url.hostname))
    if (url.protocol !== 'http:' || isLoopback(url.hostname) || named || this.#isFaulty('allowPlainHttp'))
      return
    this.#fault(
      name,
      `https, or ${url.hostname} to be listed in allowPlainHttp: the credential would travel in the clear`,
    )
  }

  #secretFile(name: SettingName, path: string): Secret | undefined {
    try {
      if (mayBlock(statSync(path))) return this.#fault(name, 'a regular file')
      if (readFileSync(path, 'utf8').trim() === '') return this.#fault(name, 'a file that is not empty')
      if (isReadableByAll(path))
        this.warnings.push(`${path} is readable by every user of this machine: chmod 600 it`)
      return Secret.ofFile(path)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : ''
      return this.#fault(name, `a readable file${code}`)
    }
  }

  #sourceOf(name: SettingName): string {
    return this.#found(name)?.source ?? 'not set'
  }

  #derive(name: SettingName, value: string, source: string): void {
    this.derived.set(name, { value, text: false, source, rank: Number.POSITIVE_INFINITY })
  }

  #fault(setting: SettingName, expected: string): undefined {
    this.faults.push({ setting, source: this.#sourceOf(setting), expected })
    return undefined
  }
}

/** Whether a request to this URL would end at the listener. */
function leadsTo(url: URL, host: string, port: number): boolean {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80)) === port && reaches(url.hostname, host)
}
