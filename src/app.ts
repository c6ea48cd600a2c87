import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { type AdminGuards, buildAdmin } from './admin/admin.ts'
import { type CredentialName, CredentialRecord } from './admin/credential-record.ts'
import { isForStatusPage } from './admin/own-page.ts'
import type { ReloadStatus } from './admin/reload-status.ts'
import type { ReloadResult } from './admin/status.ts'
import { StatusBoard } from './admin/status-board.ts'
import { addToken } from './admin/token.ts'
import { findCaller } from './config/callers.ts'
import { openCallersFile } from './config/callers-file.ts'
import { isLoopback } from './config/hosts.ts'
import type { AuthSettings, Settings } from './config/settings.ts'
import { ClientKeepers } from './credentials/clients.ts'
import { type Clock, systemClock } from './credentials/clock.ts'
import { printable } from './credentials/idp-errors.ts'
import { CredentialKeeper, type KeeperEvent, type KeeperOptions } from './credentials/keeper.ts'
import { Keepers } from './credentials/keepers.ts'
import { type Memory, remembering } from './credentials/remembering.ts'
import { makeAccessLog } from './gateway/access-log.ts'
import { anybody, namedCallers, tokenOf } from './gateway/caller-check.ts'
import { capacity } from './gateway/capacity.ts'
import { buildGateway } from './gateway/gateway.ts'
import { guardPolicy, isToken, makeGuard } from './gateway/guard.ts'
import { InForce, Rules } from './gateway/in-force.ts'
import { listeningAt } from './gateway/listen.ts'
import { type PeerGate, peerGate } from './gateway/peer-gate.ts'
import { counter, type Tally } from './gateway/tally.ts'
import { traced } from './gateway/traced.ts'
import { callersLog, connectionLog, dropLog, keeperLog, tokenLog } from './log.ts'
import { getFirst, Past } from './succession.ts'
import { type Tracing, tracingOf } from './tracing.ts'
import { Connections } from './upstream/connections.ts'
import { type Credentials, Destinations } from './upstream/destinations.ts'
import { OwnCredentials } from './upstream/own-credentials.ts'

type Strategy = AuthSettings['strategy']

/** The whole proxy, put together and not yet listening. */
export interface App {
  /** For callers: `/v2/**` and what else is served. */
  gateway: FastifyInstance
  /** For probes, if there is to be one. */
  admin: FastifyInstance | undefined
  /** The keeper of the credential at `/v2`; undefined where callers bring clients of their own. */
  readonly keeper: CredentialKeeper | undefined
  /** Begins to acquire the credential; returns at once, whether or not the identity provider is up. */
  start(): void
  /**
   * Has these settings hold for every request that begins from now on, while those in flight end by what they began
   * with. Where it listens, and its number of processes, stay as they are. A credential at `/v2` that can be used is
   * not given up for one that cannot be had: that is asked for first, for ten seconds at most.
   * @throws SettingsError or ReloadError if they cannot be used; then nothing has changed. Not to be called again before
   *   it is done.
   */
  reload(settings: Settings): Promise<void>
  /** Lets requests in flight finish for at most `drainMs`, then lets go of every connection and timer. */
  close(): Promise<void>
}

export interface AppOptions {
  logger: Logger
  clock?: Clock
  random?: () => number
  /** How long requests in flight may take to finish at shutdown, in milliseconds. */
  drainMs?: number
  /** Where refusals are remembered for the process after this one; without it, they are not. */
  memory?: Memory | undefined
  /** How reloads have gone, for metrics. */
  reloadStatus?: (() => ReloadStatus) | undefined
}

/** The part that owns the credentials and answers probes: all of a proxy but its gateway. */
interface Owner {
  readonly admin: FastifyInstance | undefined
  /** Those in force. */
  readonly credentials: OwnCredentials
  start(): void
  /** What is needed to have other settings hold. @throws ReloadError */
  prepare(settings: Settings): Promise<OwnerChange>
  /** From now on it is not ready, and renews on demand only. */
  drain(): void
  close(): Promise<void>
}

/** All that can fail has been done. Either of the two is called, and once. */
interface ServingChange {
  /** Resolves when no request goes by the old settings any more. */
  apply(): Promise<void>
  discard(): void
}

interface OwnerChange {
  credentials: OwnCredentials
  /** Those who hold what has no place any more may use it until `whenUnused`. */
  apply(whenUnused: Promise<void>): void
  discard(): void
}

/** The part that callers talk to. */
interface Serving {
  gateway: FastifyInstance
  /** How requests went until now. */
  tally(): Tally
  /** What is needed to have other settings hold. @throws as `buildApp` */
  prepare(settings: Settings, credentials: Credentials): Promise<ServingChange>
  /** Takes no new requests, and lets those in flight finish for at most `drainMs`. */
  close(): Promise<void>
}

/** What an owner tells whoever serves on its behalf, and asks of it. */
export interface OwnerLinks {
  /** Something happened to a credential. */
  onChange(keeper: CredentialKeeper): void
  /** Whether anybody listens. */
  isServing(): boolean
  /** What each of those who serve has counted. */
  tallies(): Promise<readonly Tally[]>
  /** Where callers find the proxy; undefined while nobody listens. */
  listening(): string | undefined
}

export const DRAIN_MS = 30_000

/** What the parts are put together with. */
type PartOptions = AppOptions & { tracing: Tracing | undefined }

/**
 * Puts the proxy together from its settings. Listens to nothing and asks nobody for anything.
 * @throws SettingsError if the file of callers cannot be used; Error if that of the caller token cannot be read
 */
export async function buildApp(settings: Settings, base: AppOptions): Promise<App> {
  const options = await withTracing(settings, base)
  const connections = makeConnections(options)
  // It listens when it says that it is up, and keepers are asked, not followed.
  const links = {
    onChange() {},
    isServing: () => true,
    tallies: async () => [serving.tally()],
    listening: () => listeningAt(serving.gateway, settings.listen),
  }
  const owner = makeOwner(settings, options, connections, links)
  const own = { credentials: owner.credentials, pseudonym: pseudonym() }
  const serving: Serving = await makeServing(settings, options, connections, own)
  const past = new Past(options.clock)
  return {
    gateway: serving.gateway,
    admin: owner.admin,
    get keeper() {
      return owner.credentials.main
    },
    start: owner.start,
    async reload(given) {
      const next = whereItListens(settings, given)
      const owning = await owner.prepare(next)
      const change = await serving.prepare(next, owning.credentials).catch((error: unknown) => {
        owning.discard()
        throw error
      })
      const whenUnused = past.add(() => change.apply())
      owning.apply(whenUnused)
      connections.retain(next.clusters.values(), whenUnused)
    },
    async close() {
      past.end()
      owner.drain()
      await serving.close()
      await owner.close()
      await connections.destroy()
    },
  }
}

/** An owner for gateways in other processes. */
export interface StandaloneOwner extends Omit<Owner, 'prepare'> {
  /** As that of an app. */
  readonly keeper: CredentialKeeper | undefined
  /** As that of an app; says what the credentials are from now on. Whoever serves on its behalf is not told by it. */
  reload(settings: Settings): Promise<OwnCredentials>
}

/**
 * Puts together what the owner of the credentials needs, for gateways in other processes.
 * @throws as `buildApp`, so that what is wrong is found before there are any others
 */
export async function buildOwner(
  settings: Settings,
  base: AppOptions,
  links: OwnerLinks,
): Promise<StandaloneOwner> {
  const options = await withTracing(settings, base)
  await checkCallers(settings, options.logger)
  const connections = makeConnections(options)
  const owner = makeOwner(settings, options, connections, links)
  const past = new Past(options.clock)
  return {
    admin: owner.admin,
    get credentials() {
      return owner.credentials
    },
    get keeper() {
      return owner.credentials.main
    },
    start: owner.start,
    async reload(given) {
      const next = whereItListens(settings, given)
      await checkCallers(next, options.logger)
      const change = await owner.prepare(next)
      const whenUnused = past.add(async () => {})
      change.apply(whenUnused)
      connections.retain(next.clusters.values(), whenUnused)
      return change.credentials
    },
    drain: owner.drain,
    async close() {
      past.end()
      await owner.close()
      await connections.destroy()
    },
  }
}

/** A gateway by itself. */
export interface StandaloneServing extends Omit<Serving, 'prepare'> {
  /** As that of an app, with other credentials. */
  reload(settings: Settings, credentials: Credentials): Promise<void>
}

/** Puts a gateway together whose credentials another process owns. Throws as `buildApp`. */
export async function buildServing(
  settings: Settings,
  base: AppOptions,
  own: { credentials: Credentials; pseudonym: string },
): Promise<StandaloneServing> {
  const options = await withTracing(settings, base)
  const connections = makeConnections(options)
  const serving = await makeServing(settings, options, connections, own)
  const past = new Past(options.clock)
  return {
    gateway: serving.gateway,
    tally: serving.tally,
    async reload(given, credentials) {
      const next = whereItListens(settings, given)
      const change = await serving.prepare(next, credentials)
      connections.retain(
        next.clusters.values(),
        past.add(() => change.apply()),
      )
    },
    async close() {
      past.end()
      await serving.close()
      await connections.destroy()
    },
  }
}

/** Other settings, with the listeners that there are, and the tracing. */
function whereItListens({ listen, admin, workers, tracing }: Settings, next: Settings): Settings {
  return { ...next, listen, admin, workers, tracing }
}

/** The name in `Via` by which a request that comes back is known: one for all processes of a proxy. */
export function pseudonym(): string {
  return `camunda-auth-proxy-${randomBytes(4).toString('hex')}`
}

async function withTracing(settings: Settings, options: AppOptions): Promise<PartOptions> {
  const warn = (words: string) => options.logger.warn(words)
  return { ...options, tracing: await tracingOf(settings.tracing, warn) }
}

function makeConnections({ logger, clock = systemClock() }: AppOptions): Connections {
  return new Connections(connectionLog(logger), clock)
}

function makeOwner(
  settings: Settings,
  options: PartOptions,
  connections: Connections,
  links: OwnerLinks,
): Owner {
  const state = { isDraining: false, hasStarted: false }
  const served = (name: CredentialName) => {
    const cluster = name && current.clusters.get(name.cluster)
    return name && cluster?.apis.has(name.api) ? { cluster, api: name.api } : undefined
  }
  const record = new CredentialRecord((name) => {
    const place = served(name)
    return place && credentials.find(place.cluster, place.api)?.status()
  }, options.tracing)
  const board = new StatusBoard(
    {
      settings: () => current,
      find: (cluster, api) => credentials.find(cluster, api),
      isDraining: () => state.isDraining,
      reload: () => shownReload(options.reloadStatus?.()),
      ...links,
    },
    options.clock ?? systemClock(),
  )
  const keepers = new Keepers(record.noteHeldBack)
  const credentialsOf = makeCredentials(options, connections, keepers, { ...links, record, board })
  let credentials = credentialsOf(settings)
  let guards = adminGuards(settings)
  let current = settings
  const keeper = () => credentials.main
  const hasStarted = () => {
    const main = keeper()
    state.hasStarted ||= main === undefined || main.peek() !== undefined
    return state.hasStarted
  }
  const admin =
    settings.admin &&
    buildAdmin(
      () => guards,
      {
        credential: () => keeper()?.status(),
        isDraining: () => state.isDraining,
        hasStarted,
        isServing: links.isServing,
      },
      async () => ({ tallies: await links.tallies(), record, reload: options.reloadStatus?.() }),
      board,
    )
  if (admin !== undefined)
    addToken(admin, () => ({ settings: current, credentials }), tokenLog(options.logger))
  return {
    get credentials() {
      return credentials
    },
    admin,
    start: () => keeper()?.start(),
    async prepare(next) {
      const [nextCredentials, nextGuards] = [credentialsOf(next), adminGuards(next, guards.peers)]
      const discard = () => credentials.retain(Promise.resolve())
      try {
        await getFirst(nextCredentials.main, keeper())
      } catch (error) {
        discard()
        throw error
      }
      return {
        credentials: nextCredentials,
        apply(whenUnused) {
          hasStarted()
          keeper()?.serveAs({ onlyIfUsed: true, keepReady: false })
          ;[credentials, guards, current] = [nextCredentials, nextGuards, next]
          credentials.keepMainReady()
          credentials.retain(whenUnused)
          record.retain((name) => name === undefined || served(name) !== undefined)
        },
        discard,
      }
    },
    drain() {
      state.isDraining = true
      keepers.drain()
    },
    async close() {
      await keepers.close()
      await options.tracing?.flush()
      await admin?.close()
    },
  }
}

function shownReload(status: ReloadStatus | undefined): ReloadResult | undefined {
  // Of the start there is nothing to tell.
  if (status === undefined || status.counts.ok + status.counts.refused === 0) return undefined
  return { at: new Date(status.at).toISOString(), ok: status.ok, faults: status.faults }
}

/** Probes of other machines belong to no user of this one. */
function adminGuards(
  { admin, allowedHosts, allowedUids }: Settings,
  before?: PeerGate | undefined,
): AdminGuards {
  const host = admin !== undefined && 'host' in admin ? admin.host : undefined
  const peers = host !== undefined && isLoopback(host) ? peersOf(allowedUids, before) : undefined
  return {
    refusal: makeGuard({ ...guardPolicy(host, allowedHosts, undefined), isForOwnPage: isForStatusPage }),
    peers,
  }
}

async function makeServing(
  settings: Settings,
  { logger, tracing, drainMs = DRAIN_MS }: PartOptions,
  connections: Connections,
  { credentials, pseudonym }: { credentials: Credentials; pseudonym: string },
): Promise<Serving> {
  const state = { isDraining: false }
  const { counted, meter, tally } = counter()
  const rulesOf = async (settings: Settings, credentials: Credentials, before?: PeerGate) => {
    const { clusters, defaultCluster, listen, allowedHosts, allowedOrigins } = settings
    const guards = await callerGuards(settings, logger)
    const host = 'host' in listen ? listen.host : undefined
    const rules = new Rules({
      destinations: new Destinations(clusters, defaultCluster, { connections, credentials }),
      maxReplayBytes: settings.maxReplayBytes,
      guard: guardPolicy(host, allowedHosts, guards.isCallerToken, allowedOrigins),
      peers: peersOf(settings.allowedUids, before),
      callerCheck: guards.callerCheck,
      accessLog: counted(traced(makeAccessLog(logger, settings.accessLog, guards.callerOf), tracing)),
    })
    return { rules, close: guards.close }
  }
  let current = await rulesOf(settings, credentials)
  const inForce = new InForce(current.rules)
  const gateway = await buildGateway({
    inForce,
    meter,
    tracing,
    pseudonym,
    drainMs,
    isDraining: () => state.isDraining,
    onDrop: dropLog(logger, capacity().connections),
    onDefect: (err) => logger.error({ err }, 'an unexpected error: please report it'),
  })
  return {
    gateway,
    tally,
    async prepare(next, credentials) {
      const made = await rulesOf(next, credentials, current.rules.peers)
      return {
        apply() {
          const old = current
          current = made
          inForce.current = made.rules
          old.close()
          return old.rules.idle()
        },
        discard: made.close,
      }
    },
    async close() {
      state.isDraining = true
      current.close()
      await gateway.close()
      await tracing?.flush()
    },
  }
}

/** The gate for these users; the one that there is, if it is for the same, so that nobody is looked up twice. */
function peersOf(allowed: Settings['allowedUids'], before: PeerGate | undefined): PeerGate | undefined {
  if (allowed === undefined) return undefined
  return before !== undefined && isEqual(before.allowed, allowed) ? before : peerGate(allowed)
}

function isEqual(one: ReadonlySet<number>, other: ReadonlySet<number>): boolean {
  return one.size === other.size && [...one].every((uid) => other.has(uid))
}

/** Makes the credentials of this process for any settings; whatever these are, equal ones are kept by one keeper. */
function makeCredentials(
  { logger, random = Math.random, clock = systemClock(), memory }: AppOptions,
  connections: Connections,
  keepers: Keepers,
  {
    onChange,
    record,
    board,
  }: Pick<OwnerLinks, 'onChange'> & { record: CredentialRecord; board: StatusBoard },
): (settings: Settings) => OwnCredentials {
  const makeKeeper = (
    options: Omit<KeeperOptions, 'clock' | 'random' | 'onEvent'>,
    ...listeners: ((event: KeeperEvent) => void)[]
  ) => {
    const onEvent = (event: KeeperEvent) => {
      for (const listener of listeners) listener(event)
      onChange(keeper)
    }
    const keeper: CredentialKeeper = new CredentialKeeper({ ...options, clock, random, onEvent })
    return keeper
  }
  // A logger made from another has the level of that moment for good, and a keeper may outlive it.
  const logged = (bindings: object, strategy?: Strategy) => (event: KeeperEvent) =>
    keeperLog(logger.child(bindings), strategy)(event)
  const clients = new ClientKeepers({
    keepers,
    now: () => clock.now(),
    makeKeeper(asking, pace, clientId, onEvent) {
      const source = record.measured(undefined, asking)
      const listeners = [onEvent, logged({ client: printable(clientId) }), record.listener(undefined)]
      return makeKeeper({ source, pace, onlyIfUsed: true, refusal: 'caller-refused' }, ...listeners)
    },
  })
  return ({ clusters, defaultCluster }) =>
    new OwnCredentials({
      clusters,
      main: defaultCluster,
      connections,
      keepers,
      clients,
      makeKeeper(asking, pace, { cluster, api, strategy, isMain, onlyIfUsed, remembered }) {
        const name = { cluster, api }
        const measured = record.measured(name, asking)
        const source = memory && remembered ? remembering(measured, remembered, memory) : measured
        const listeners = [
          logged(clusters.size > 1 ? { cluster } : {}, strategy),
          record.listener(name),
          (event: KeeperEvent) => board.note(event, { cluster, strategy, source }),
        ]
        return makeKeeper({ source, pace, onlyIfUsed, keepReady: isMain }, ...listeners)
      },
    })
}

async function checkCallers(settings: Settings, logger: Logger): Promise<void> {
  const guards = await callerGuards(settings, logger)
  guards.close()
}

/** How callers are known: by the one token, by the file of named callers, or not at all. */
export async function callerGuards(settings: Settings, logger: Logger) {
  const token = await settings.callerToken?.read()
  const isTheToken = token === undefined ? undefined : isToken(token)
  if (settings.callersFile === undefined)
    return { isCallerToken: isTheToken, callerCheck: anybody, callerOf: undefined, close() {} }
  const { callers, close } = await openCallersFile(settings.callersFile, callersLog(logger))
  return {
    isCallerToken: (given: string) =>
      findCaller(callers(), given) !== undefined || isTheToken?.(given) === true,
    callerCheck: namedCallers(callers),
    callerOf: (headers: IncomingHttpHeaders) => findCaller(callers(), tokenOf(headers))?.name,
    close,
  }
}
