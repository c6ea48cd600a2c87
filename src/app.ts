import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildAdmin } from './admin/admin.ts'
import { findCaller } from './config/callers.ts'
import { openCallersFile } from './config/callers-file.ts'
import type { Settings } from './config/settings.ts'
import { ClientKeepers } from './credentials/clients.ts'
import { type Clock, systemClock } from './credentials/clock.ts'
import { printable } from './credentials/idp-errors.ts'
import { CredentialKeeper, type KeeperEvent } from './credentials/keeper.ts'
import { Keepers } from './credentials/keepers.ts'
import { makeAccessLog } from './gateway/access-log.ts'
import { anybody, namedCallers, tokenOf } from './gateway/caller-check.ts'
import { buildGateway } from './gateway/gateway.ts'
import { guardPolicy, isToken } from './gateway/guard.ts'
import { callersLog, connectionLog, keeperLog } from './log.ts'
import { Destinations } from './upstream/destinations.ts'

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
}

const DRAIN_MS = 30_000

/**
 * Puts the proxy together from its settings. Listens to nothing and asks nobody for anything.
 * @throws SettingsError if the file of callers cannot be used; Error if that of the caller token cannot be read
 */
export async function buildApp(settings: Settings, options: AppOptions): Promise<App> {
  const { logger } = options
  const { defaultCluster, callersAreClients } = settings
  const state = { isDraining: false, hasStarted: callersAreClients }
  const keepers = new Keepers()
  const destinations = makeDestinations(settings, options, keepers, () => {
    state.hasStarted = true
  })
  const keeper = callersAreClients ? undefined : destinations.get(defaultCluster, 'v2')?.keeperFor(undefined)
  const guards = await callerGuards(settings, logger)
  const host = 'host' in settings.listen ? settings.listen.host : undefined
  const isDraining = () => state.isDraining
  const gateway = await buildGateway({
    destinations,
    pseudonym: `camunda-auth-proxy-${randomBytes(4).toString('hex')}`,
    maxReplayBytes: settings.maxReplayBytes,
    guard: guardPolicy(host, settings.allowedHosts, guards.isCallerToken),
    callerCheck: guards.callerCheck,
    accessLog: makeAccessLog(logger, settings.accessLog, guards.callerOf),
    drainMs: options.drainMs ?? DRAIN_MS,
    isDraining,
    onDefect: (err) => logger.error({ err }, 'an unexpected error: please report it'),
  })
  const admin =
    settings.admin &&
    buildAdmin(guardPolicy(settings.admin.host, settings.allowedHosts, undefined), {
      credential: () => keeper?.status(),
      isDraining,
      hasStarted: () => state.hasStarted,
    })

  return {
    gateway,
    admin,
    keeper,
    start: () => keeper?.start(),
    async close() {
      state.isDraining = true
      guards.close()
      keepers.drain()
      await gateway.close()
      await keepers.close()
      await Promise.all([admin?.close(), destinations.destroy()])
    },
  }
}

/** Where requests go, and whose credentials they carry. `onStarted` hears of each credential for `/v2`. */
function makeDestinations(
  settings: Settings,
  { logger, random = Math.random, clock = systemClock() }: AppOptions,
  keepers: Keepers,
  onStarted: () => void,
): Destinations {
  const clients = new ClientKeepers({
    keepers,
    now: () => clock.now(),
    makeKeeper(source, pace, clientId, onEvent) {
      const log = keeperLog(logger.child({ client: printable(clientId) }))
      const onEach = (event: KeeperEvent) => {
        onEvent(event)
        log(event)
      }
      const own = { onlyIfUsed: true, refusal: 'caller-refused' } as const
      return new CredentialKeeper({ source, pace, clock, random, onEvent: onEach, ...own })
    },
  })
  return new Destinations(settings.clusters, settings.defaultCluster, {
    keepers,
    clients,
    notices: connectionLog(logger),
    clock,
    makeKeeper(source, pace, { cluster, strategy, isMain, onlyIfUsed }) {
      const log = keeperLog(logger.child(settings.clusters.size > 1 ? { cluster } : {}), strategy)
      const onEvent = (event: KeeperEvent) => {
        if (event.type === 'acquired' && isMain) onStarted()
        log(event)
      }
      return new CredentialKeeper({ source, pace, clock, random, onEvent, onlyIfUsed, keepReady: isMain })
    },
  })
}

/** How callers are known: by the one token, by the file of named callers, or not at all. */
async function callerGuards(settings: Settings, logger: Logger) {
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
