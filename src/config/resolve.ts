import { accessSync, constants, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve as resolvePath } from 'node:path'
import type { SettingFault } from '../errors.ts'
import { DEFAULT_CLUSTER } from './callers.ts'
import { EGRESS_PROXY_EXPECTED, type EgressProxies, egressProxyFor, egressProxyUrl } from './egress.ts'
import { codeInBrackets } from './error-code.ts'
import { isLoopback, reaches } from './hosts.ts'
import type { Ranked } from './layers.ts'
import { ORIGINS_EXPECTED, parseOrigin } from './origins.ts'
import { MAX_WORKERS } from './proxy-schema.ts'
import { type ClusterContext, resolveCluster } from './resolve-cluster.ts'
import { clusterSettingNames, type RawSettings, type SettingName } from './schema.ts'
import type { ClusterSettings, Settings } from './settings.ts'
import { type Given, Work } from './work.ts'

/** Not `/proc/net`, which is a link to it, and missing with `ProcSubset=pid` of systemd. */
const TCP_TABLE = '/proc/self/net/tcp'

export interface Resolved {
  settings: Settings | undefined
  faults: SettingFault[]
  warnings: string[]
  /** Files that settings name and that hold secrets. */
  secretFiles: string[]
  /** Values that were worked out from others. */
  derived: Map<SettingName, Ranked>
}

/**
 * Works the program's settings out of valid raw ones, and finds what is wrong between them: those of the proxy and
 * of one cluster in `given`, and those of the entries of `clusters`, by name.
 */
export async function resolve(given: Given, entries: ReadonlyMap<string, Given>): Promise<Resolved> {
  const plainHttp = given.raw.allowPlainHttp ?? []
  const work = new Work(given, '', plainHttp)
  const callersAreClients = given.raw.callerAuth === 'client-credentials'
  const { socket, host, port } = given.raw
  const listener = socket === undefined && host !== undefined && port ? { host, port } : undefined
  const context = { egressProxyFor: egressProxies(work), callersAreClients, listener }
  const defaultName = nameOfDefault(work, entries)
  const works = [...entries].map(([name, entry]) => ({
    name,
    work: new Work(entry, `clusters.${name}.`, plainHttp),
  }))
  if (defaultName === DEFAULT_CLUSTER && !entries.has(DEFAULT_CLUSTER))
    works.unshift({ name: DEFAULT_CLUSTER, work })
  const clusters = new Map<string, ClusterSettings>()
  for (const { name, work } of works) {
    const cluster = await resolveCluster(work, name, context)
    if (cluster !== undefined) clusters.set(name, cluster)
  }
  const isGuarded = callersAreClients || given.raw.callersFile !== undefined
  const callerToken = work.secret('callerToken')
  checkListener(work, isGuarded || callerToken !== undefined)
  checkAdmin(work, isGuarded || callerToken !== undefined)
  checkTracing(work)
  const allowedOrigins = originsOf(work)
  const allowedUids = resolveUids(work)
  const all = [work, ...works.filter((one) => one.work !== work).map((one) => one.work)]
  const faults = all.flatMap((one) => one.faults)
  const warnings = all.flatMap((one) => one.warnings)
  const secretFiles = all.flatMap((one) => one.secretFiles)
  const defaultCluster = clusters.get(defaultName ?? '')
  const { derived } = work
  if (defaultCluster === undefined || faults.length > 0) {
    return { settings: undefined, faults, warnings, secretFiles, derived }
  }
  // What has a default and is missing here is unusable, and the caller will not use the result.
  const raw = given.raw as RawSettings
  const settings: Settings = {
    clusters,
    defaultCluster,
    listen: raw.socket === undefined ? { host: raw.host, port: raw.port } : { socket: raw.socket },
    workers: numberOfWorkers(raw),
    admin: adminOf(raw),
    shareToken: raw.shareToken,
    callerToken,
    callersFile: raw.callersFile,
    callersAreClients,
    allowedHosts: raw.allowedHosts,
    allowedOrigins,
    allowedUids,
    maxReplayBytes: raw.maxReplayBytes,
    stateFile: raw.stateFile,
    tracing: raw.tracing,
    accessLog: raw.accessLog,
    logLevel: raw.logLevel,
  }
  return { settings, faults, warnings, secretFiles, derived }
}

function adminOf({ adminSocket, adminHost, adminPort }: RawSettings): Settings['admin'] {
  if (adminSocket !== undefined) return { socket: adminSocket }
  return typeof adminPort === 'number' ? { host: adminHost, port: adminPort } : undefined
}

function numberOfWorkers({ workers }: RawSettings): number {
  return workers === 'auto' ? Math.min(availableParallelism(), MAX_WORKERS) : workers
}

/** The cluster at `/v2`: the one that is named, else the one outside of `clusters`, else the only one. */
function nameOfDefault(work: Work, entries: ReadonlyMap<string, Given>): string | undefined {
  const { defaultCluster } = work.raw
  const names = [...entries.keys()]
  const outside = clusterSettingNames.filter((name) => work.isGiven(name))
  const chosen =
    defaultCluster ?? (outside.length > 0 || names.length === 0 ? DEFAULT_CLUSTER : onlyOf(names))
  if (chosen === undefined)
    return work.fault(
      'defaultCluster',
      `the name of the cluster that /v2 leads to, one of ${names.join(', ')}`,
    )
  if (defaultCluster !== undefined && !entries.has(defaultCluster))
    return work.fault(
      'defaultCluster',
      `the name of one of the clusters: ${names.join(', ') || 'there are none'}`,
    )
  // The rights of callers speak of the cluster at /v2 by this name.
  if (
    entries.has(DEFAULT_CLUSTER) &&
    (chosen !== DEFAULT_CLUSTER || (defaultCluster === undefined && outside.length > 0))
  )
    return work.fault(
      'defaultCluster',
      `${DEFAULT_CLUSTER}, or the cluster of that name to be called something else`,
    )
  if (defaultCluster !== undefined) checkOutside(work, outside, defaultCluster)
  return chosen
}

function onlyOf(names: readonly string[]): string | undefined {
  return names.length === 1 ? names[0] : undefined
}

/** What is said outside of `clusters` is for nothing if one of them is the default; a limit must not be. */
function checkOutside(work: Work, outside: readonly SettingName[], defaultCluster: string): void {
  const isLimit = (name: SettingName) => name === 'readOnly' || name === 'allow'
  for (const name of outside.filter(isLimit))
    work.fault(
      name,
      `it to be set for each of the clusters: it does not hold for ${defaultCluster} otherwise`,
    )
  const others = outside.filter((name) => !isLimit(name))
  if (others.length > 0)
    work.warn(`not used, since defaultCluster is ${defaultCluster}: ${others.join(', ')}`)
}

/** Which egress proxy leads to a URL. What a shell has set for other programs is wrong only where it would be used. */
function egressProxies(work: Work): ClusterContext['egressProxyFor'] {
  const proxy = (name: 'httpProxy' | 'httpsProxy') => {
    const file = work.raw[`${name}File`]
    // Checked to be readable, and not both given.
    const secret = work.secret(name)
    return secret && (work.raw[name] ?? readFileSync(file ?? '', 'utf8').trim())
  }
  const proxies: EgressProxies = {
    httpProxy: proxy('httpProxy'),
    httpsProxy: proxy('httpsProxy'),
    noProxy: work.raw.noProxy,
  }
  return (url) => {
    const chosen = egressProxyFor(url, proxies)
    if (chosen === undefined || egressProxyUrl(chosen) !== undefined) return chosen
    const name = url.protocol === 'https:' ? 'httpsProxy' : 'httpProxy'
    const setting = work.raw[name] === undefined ? (`${name}File` as const) : name
    return work.isFaulty(setting) ? undefined : work.fault(setting, EGRESS_PROXY_EXPECTED)
  }
}

/** Origins that were allowed, in the spelling of browsers. */
function originsOf(work: Work): string[] {
  const origins = (work.raw.allowedOrigins ?? []).map(parseOrigin)
  const known = origins.filter((origin) => origin !== undefined)
  if (known.length < origins.length) work.fault('allowedOrigins', ORIGINS_EXPECTED)
  const open = known.filter((origin) => origin.startsWith('http:') && !isLoopback(new URL(origin).hostname))
  if (open.length > 0)
    work.warn(`anybody on the network between can put pages at ${open.join(', ')}: allow https origins`)
  return known
}

/** The listener must not lend the credential to other machines by accident. */
function checkListener(work: Work, isGuarded: boolean): void {
  const { socket, host, port, adminHost, adminPort, adminSocket } = work.raw
  if (socket !== undefined || host === undefined) return
  if (!isLoopback(host) && !isGuarded) checkRemote(work, host)
  if (port === undefined || port === 0 || adminSocket !== undefined) return
  if (port === adminPort && reaches(adminHost ?? '', host)) {
    work.fault('adminPort', `another port than the proxy's own, ${port}`)
  }
}

/** What is given to whoever asks must not leave the machine, nor get round what callers are asked for. */
function checkAdmin(work: Work, isGuarded: boolean): void {
  const { socket, adminSocket, shareToken, allowedUids } = work.raw
  if (adminSocket !== undefined && resolvePath(adminSocket) === resolvePath(socket ?? ''))
    work.fault('adminSocket', "another path than the proxy's own socket")
  if (shareToken !== true) return
  const expected = instead(work, isGuarded || socket !== undefined)
  if (expected !== undefined) work.fault('shareToken', expected)
  else if (adminSocket === undefined && allowedUids === undefined)
    work.warn('every user of this machine can read the token from the admin listener: set adminSocket')
}

/** What `shareToken` should be in place of true. */
function instead(work: Work, isGuarded: boolean): string | undefined {
  const { adminSocket, adminHost = '', adminPort, callerAuth } = work.raw
  if (callerAuth === 'client-credentials') return 'to be left out: there are only the tokens of the callers'
  if (adminSocket !== undefined) return undefined
  if (adminPort === 'off') return 'adminSocket to be set: nobody can ask while adminPort is off'
  if (!isLoopback(adminHost))
    return 'adminHost to be loopback, or adminSocket: the token would leave the machine'
  return isGuarded ? 'adminSocket to be set: on a port, those could ask who may not call' : undefined
}

/** Spans are made by a package that is not among our own. */
function checkTracing(work: Work): void {
  if (work.raw.tracing !== true) return
  try {
    import.meta.resolve('@opentelemetry/api')
  } catch {
    work.fault(
      'tracing',
      'the package @opentelemetry/api to be installed beside camunda-auth-proxy (npm install @opentelemetry/api)',
    )
  }
}

/** The users who may connect. A limit that cannot hold is a fault. */
function resolveUids(work: Work): ReadonlySet<number> | undefined {
  const { allowedUids, socket } = work.raw
  if (allowedUids === undefined) return undefined
  if (process.platform !== 'linux')
    return work.fault(
      'allowedUids',
      'Linux: on other systems use socket, which only its owner can connect to',
    )
  if (socket !== undefined)
    return work.fault('allowedUids', 'to be left out: only the owner of a Unix socket can connect to it')
  try {
    accessSync(TCP_TABLE, constants.R_OK)
  } catch (error) {
    return work.fault(
      'allowedUids',
      `a system that shows its connections in ${TCP_TABLE}${codeInBrackets(error)}`,
    )
  }
  return new Set(allowedUids.map((uid) => (uid === 'self' ? ownUid() : Number(uid))))
}

function ownUid(): number {
  return process.geteuid?.() ?? Number.NaN
}

function checkRemote(work: Work, host: string): void {
  const guards = ['callerToken', 'callerTokenFile', 'allowRemote', 'callersFile', 'callerAuth']
  if (work.raw.allowRemote === true) {
    work.warn(`every machine that reaches ${host}:${work.raw.port} can use the credential: set callerToken`)
  } else if (!guards.some((name) => work.isFaulty(name))) {
    work.fault(
      'host',
      'a loopback address, or callerToken to be set, or allowRemote: other machines could use the credential',
    )
  }
}
