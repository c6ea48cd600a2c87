import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildAdmin } from './admin/admin.ts'
import { findCaller } from './config/callers.ts'
import { openCallersFile } from './config/callers-file.ts'
import type { Settings } from './config/settings.ts'
import { ClientKeepers } from './credentials/clients.ts'
import { type Clock, systemClock } from './credentials/clock.ts'
import { CredentialKeeper, type KeeperEvent, type KeeperOptions } from './credentials/keeper.ts'
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
  const { defaultCluster } = settings
  const keepers = new Keepers()
  const clock = options.clock ?? systemClock()
  let draining = false
  let started = settings.callersAreClients

  const makeKeeper = (own: Omit<KeeperOptions, 'clock' | 'random'>) =>
    new CredentialKeeper({ ...own, clock, random: options.random ?? Math.random })
  const callerLog = keeperLog(logger.child({ callers: true }))
  const destinations = new Destinations(settings.clusters, defaultCluster, {
    keepers,
    clients: new ClientKeepers({
      keepers,
      now: () => clock.now(),
      makeKeeper: (source, pace, onEvent) =>
        makeKeeper({
          source,
          pace,
          onlyIfUsed: true,
          refusal: 'caller-refused',
          onEvent(event) {
            onEvent(event)
            callerLog(event)
          },
        }),
    }),
    notices: connectionLog(logger),
    clock,
    makeKeeper(source, pace, { cluster, strategy, isMain, onlyIfUsed }) {
      const about = settings.clusters.size > 1 ? { cluster } : {}
      const log = keeperLog(logger.child(about), strategy)
      const onEvent = (event: KeeperEvent) => {
        if (event.type === 'acquired' && isMain) started = true
        log(event)
      }
      return makeKeeper({ source, pace, onlyIfUsed, keepReady: isMain, onEvent })
    },
  })
  const keeper = settings.callersAreClients
    ? undefined
    : destinations.get(defaultCluster, 'v2')?.keeperFor(undefined)

  const callersFile =
    settings.callersFile === undefined
      ? undefined
      : await openCallersFile(settings.callersFile, callersLog(logger))
  const callers = callersFile === undefined ? undefined : callersFile.callers
  const callerToken = await settings.callerToken?.read()
  const isCallerToken = anyOf([
    callerToken === undefined ? undefined : isToken(callerToken),
    callers && ((token: string) => findCaller(callers(), token) !== undefined),
  ])
  const host = 'host' in settings.listen ? settings.listen.host : undefined
  const isDraining = () => draining
  const gateway = await buildGateway({
    destinations,
    pseudonym: `camunda-auth-proxy-${randomBytes(4).toString('hex')}`,
    maxReplayBytes: settings.maxReplayBytes,
    guard: guardPolicy(host, settings.allowedHosts, isCallerToken),
    callerCheck: callers === undefined ? anybody : namedCallers(callers),
    accessLog: makeAccessLog(
      logger,
      settings.accessLog,
      callers && ((headers) => findCaller(callers(), tokenOf(headers))?.name),
    ),
    drainMs: options.drainMs ?? DRAIN_MS,
    isDraining,
    onDefect: (err) => logger.error({ err }, 'an unexpected error: please report it'),
  })
  const admin =
    settings.admin &&
    buildAdmin(guardPolicy(settings.admin.host, settings.allowedHosts, undefined), {
      credential: () => keeper?.status(),
      isDraining,
      hasStarted: () => started,
    })

  return {
    gateway,
    admin,
    keeper,
    start: () => keeper?.start(),
    async close() {
      draining = true
      callersFile?.close()
      keepers.drain()
      await gateway.close()
      await keepers.close()
      await Promise.all([admin?.close(), destinations.destroy()])
    },
  }
}

/** Whether any of the checks that there are passes; undefined if there is none. */
function anyOf(
  checks: readonly (((token: string) => boolean) | undefined)[],
): ((token: string) => boolean) | undefined {
  const given = checks.filter((check) => check !== undefined)
  return given.length === 0 ? undefined : (token) => given.some((check) => check(token))
}
