import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildAdmin } from './admin/admin.ts'
import { CredentialRecord } from './admin/credential-record.ts'
import { StatusBoard } from './admin/status-board.ts'
import { addToken } from './admin/token.ts'
import { findCaller } from './config/callers.ts'
import { openCallersFile } from './config/callers-file.ts'
import { isLoopback } from './config/hosts.ts'
import type { Settings } from './config/settings.ts'
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
import { guardPolicy, isToken } from './gateway/guard.ts'
import { listeningAt } from './gateway/listen.ts'
import { type PeerGate, peerGate } from './gateway/peer-gate.ts'
import { counted, type Tally } from './gateway/tally.ts'
import { traced } from './gateway/traced.ts'
import { callersLog, connectionLog, dropLog, keeperLog, tokenLog } from './log.ts'
import { type Tracing, tracingOf } from './tracing.ts'
import { Connections } from './upstream/connections.ts'
import { type Credentials, Destinations } from './upstream/destinations.ts'
import { OwnCredentials } from './upstream/own-credentials.ts'

/** The whole proxy, put together and not yet listening. */
export interface App {
  /** For callers: `/v2/**` and what else is served. */
  gateway: FastifyInstance
  /** For probes, if there is to be one. */
  admin: FastifyInstance | undefined
  /** The keeper of the credential at `/v2`; undefined where callers bring clients of their own. */
  keeper: CredentialKeeper | undefined
  /** Begins to acquire the credential; returns at once, whether or not the identity provider is up. */
  start(): void
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
}

/** The part that owns the credentials and answers probes: all of a proxy but its gateway. */
export interface Owner extends Omit<App, 'gateway'> {
  credentials: OwnCredentials
  /** From now on it is not ready, and renews on demand only. */
  drain(): void
}

/** The part that callers talk to. */
export interface Serving {
  gateway: FastifyInstance
  /** How requests went until now. */
  tally(): Tally
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
  /** Where callers find the proxy, once anybody listens. */
  listening(): string | undefined
}

export const DRAIN_MS = 30_000

/** What the parts are put together with. */
type PartOptions = AppOptions & { tracing: Tracing | undefined }

/**
 * Puts the proxy together from its settings. Listens to nothing and asks nobody for anything.
 * @throws SettingsError if the file of callers cannot be used; Error if that of the caller token cannot be read
 */
export async function buildApp(settings: Settings, given: AppOptions): Promise<App> {
  const options = await withTracing(settings, given)
  const connections = makeConnections(options)
  // It listens when it says that it is up, and keepers are asked, not followed.
  const links = {
    onChange() {},
    isServing: () => true,
    tallies: async () => [serving.tally()],
    listening: () => listeningAt(serving.gateway, settings.listen),
  }
  const owner = makeOwner(settings, options, connections, links)
  const { credentials, admin, keeper, start } = owner
  const serving: Serving = await makeServing(settings, options, connections, {
    credentials,
    pseudonym: pseudonym(),
  })
  return {
    gateway: serving.gateway,
    admin,
    keeper,
    start,
    async close() {
      owner.drain()
      await serving.close()
      await owner.close()
      await connections.destroy()
    },
  }
}

/**
 * Puts together what the owner of the credentials needs, for gateways in other processes.
 * @throws as `buildApp`, so that what is wrong is found before there are any others
 */
export async function buildOwner(settings: Settings, given: AppOptions, links: OwnerLinks): Promise<Owner> {
  const options = await withTracing(settings, given)
  const guards = await callerGuards(settings, options.logger)
  guards.close()
  const connections = makeConnections(options)
  const owner = makeOwner(settings, options, connections, links)
  return {
    ...owner,
    async close() {
      await owner.close()
      await connections.destroy()
    },
  }
}

/** Puts a gateway together whose credentials another process owns. Throws as `buildApp`. */
export async function buildServing(
  settings: Settings,
  given: AppOptions,
  own: { credentials: Credentials; pseudonym: string },
): Promise<Serving> {
  const options = await withTracing(settings, given)
  const connections = makeConnections(options)
  const serving = await makeServing(settings, options, connections, own)
  return {
    ...serving,
    async close() {
      await serving.close()
      await connections.destroy()
    },
  }
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
  const { defaultCluster, callersAreClients } = settings
  const state = { isDraining: false, hasStarted: callersAreClients }
  const record = new CredentialRecord(options.tracing)
  const keepers = new Keepers(record.noteHeldBack)
  const onStarted = () => {
    state.hasStarted = true
  }
  const board = new StatusBoard(
    {
      settings: () => settings,
      find: (cluster, api) => credentials.find(cluster, api),
      isDraining: () => state.isDraining,
      ...links,
    },
    options.clock ?? systemClock(),
  )
  const credentials = makeCredentials(settings, options, connections, keepers, {
    ...links,
    onStarted,
    record,
    board,
  })
  const keeper = callersAreClients ? undefined : credentials.keeperFor(defaultCluster, 'v2')(undefined)
  const adminHost = settings.admin && 'host' in settings.admin ? settings.admin.host : undefined
  const admin =
    settings.admin &&
    buildAdmin(
      guardPolicy(adminHost, settings.allowedHosts, undefined),
      {
        credential: () => keeper?.status(),
        isDraining: () => state.isDraining,
        hasStarted: () => state.hasStarted,
        isServing: links.isServing,
      },
      async () => ({ tallies: await links.tallies(), record }),
      board,
      // Probes of other machines belong to no user of this one.
      adminHost !== undefined && isLoopback(adminHost) ? peersOf(settings) : undefined,
    )
  if (admin !== undefined && settings.shareToken)
    addToken(admin, settings, credentials, tokenLog(options.logger))
  return {
    credentials,
    admin,
    keeper,
    start: () => keeper?.start(),
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

async function makeServing(
  settings: Settings,
  { logger, tracing, drainMs = DRAIN_MS }: PartOptions,
  connections: Connections,
  { credentials, pseudonym }: { credentials: Credentials; pseudonym: string },
): Promise<Serving> {
  const state = { isDraining: false }
  const guards = await callerGuards(settings, logger)
  const host = 'host' in settings.listen ? settings.listen.host : undefined
  const { accessLog, meter, tally } = counted(
    traced(makeAccessLog(logger, settings.accessLog, guards.callerOf), tracing),
  )
  const gateway = await buildGateway({
    destinations: new Destinations(settings.clusters, settings.defaultCluster, { connections, credentials }),
    pseudonym,
    maxReplayBytes: settings.maxReplayBytes,
    guard: guardPolicy(host, settings.allowedHosts, guards.isCallerToken, settings.allowedOrigins),
    peers: peersOf(settings),
    callerCheck: guards.callerCheck,
    accessLog,
    meter,
    tracing,
    drainMs,
    isDraining: () => state.isDraining,
    onDrop: dropLog(logger, capacity().connections),
    onDefect: (err) => logger.error({ err }, 'an unexpected error: please report it'),
  })
  return {
    gateway,
    tally,
    async close() {
      state.isDraining = true
      guards.close()
      await gateway.close()
      await tracing?.flush()
    },
  }
}

function peersOf({ allowedUids }: Settings): PeerGate | undefined {
  return allowedUids && peerGate(allowedUids)
}

/** The credentials of this process. `onStarted` hears of each one for `/v2`. */
function makeCredentials(
  settings: Settings,
  { logger, random = Math.random, clock = systemClock(), memory }: AppOptions,
  connections: Connections,
  keepers: Keepers,
  {
    onChange,
    onStarted,
    record,
    board,
  }: Pick<OwnerLinks, 'onChange'> & { onStarted(): void; record: CredentialRecord; board: StatusBoard },
): OwnCredentials {
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
  const clients = new ClientKeepers({
    keepers,
    now: () => clock.now(),
    makeKeeper(asking, pace, clientId, onEvent) {
      const source = record.measured(undefined, asking)
      const log = keeperLog(logger.child({ client: printable(clientId) }))
      return makeKeeper(
        { source, pace, onlyIfUsed: true, refusal: 'caller-refused' },
        onEvent,
        log,
        record.listener(undefined),
      )
    },
  })
  return new OwnCredentials({
    main: settings.defaultCluster,
    connections,
    keepers,
    clients,
    makeKeeper(asking, pace, { cluster, api, strategy, isMain, onlyIfUsed, remembered }) {
      const name = { cluster, api }
      const measured = record.measured(name, asking)
      const source = memory && remembered ? remembering(measured, remembered, memory) : measured
      const log = keeperLog(logger.child(settings.clusters.size > 1 ? { cluster } : {}), strategy)
      const noteStart = (event: KeeperEvent) => event.type === 'acquired' && isMain && onStarted()
      const history = record.listener(name, () => keeper.status())
      const noteStatus = (event: KeeperEvent) => board.note(event, { cluster, strategy, source })
      const listeners = [noteStart, log, history, noteStatus]
      const keeper = makeKeeper({ source, pace, onlyIfUsed, keepReady: isMain }, ...listeners)
      return keeper
    },
  })
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
