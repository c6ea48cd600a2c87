import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { buildAdmin } from './admin/admin.ts'
import type { Settings } from './config/resolve.ts'
import { type Clock, systemClock } from './credentials/clock.ts'
import { CredentialKeeper, type KeeperEvent } from './credentials/keeper.ts'
import { Keepers } from './credentials/keepers.ts'
import { oauthSource } from './credentials/oauth.ts'
import { makeAccessLog } from './gateway/access-log.ts'
import { buildGateway } from './gateway/gateway.ts'
import { guardPolicy } from './gateway/guard.ts'
import { keeperLog } from './log.ts'
import { clusterDispatcher, identityProviderDispatcher } from './upstream/dispatcher.ts'

/** The whole proxy, put together and not yet listening. */
export interface App {
  /** For callers: `/v2/**`. */
  gateway: FastifyInstance
  /** For probes, if there is to be one. */
  admin: FastifyInstance | undefined
  keeper: CredentialKeeper
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
const DIRECT = {
  tls: { ca: undefined, certificate: undefined, key: undefined, passphrase: undefined },
  egressProxy: undefined,
  http2: false,
} as const

/**
 * Puts the proxy together from its settings. Listens to nothing and asks nobody for anything.
 * @throws Error if the file of the caller token cannot be read
 */
export async function buildApp(settings: Settings, options: AppOptions): Promise<App> {
  const { logger } = options
  const { oauth } = settings
  const notices = {
    onRenewed: (sentence: string) => logger.info(sentence),
    onRenewalFailed: (sentence: string) => logger.warn(sentence),
  }
  const clusterPool = clusterDispatcher(DIRECT, notices)
  const identityProviderPool = identityProviderDispatcher(DIRECT, notices)
  const keepers = new Keepers()
  let draining = false
  let started = false

  const log = keeperLog(logger)
  const onEvent = (event: KeeperEvent) => {
    if (event.type === 'acquired') started = true
    log(event)
  }
  const { clientId, audience, scope } = oauth
  const key = { method: 'OAUTH', tokenUrl: oauth.tokenUrl.href, clientId, audience, scope }
  const keeper = keepers.get(key, (pace) => {
    const source = oauthSource({ ...oauth, dispatcher: identityProviderPool })
    const clock = options.clock ?? systemClock()
    return new CredentialKeeper({ source, clock, pace, random: options.random ?? Math.random, onEvent })
  })

  const host = 'host' in settings.listen ? settings.listen.host : undefined
  const isDraining = () => draining
  const gateway = await buildGateway({
    cluster: settings.cluster,
    dispatcher: clusterPool,
    keeper,
    pseudonym: `camunda-auth-proxy-${randomBytes(4).toString('hex')}`,
    maxReplayBytes: settings.maxReplayBytes,
    guard: guardPolicy(host, settings.allowedHosts, await settings.callerToken?.read()),
    accessLog: makeAccessLog(logger, settings.accessLog),
    drainMs: options.drainMs ?? DRAIN_MS,
    isDraining,
    onDefect: (err) => logger.error({ err }, 'an unexpected error: please report it'),
  })
  const admin =
    settings.admin &&
    buildAdmin(guardPolicy(settings.admin.host, settings.allowedHosts, undefined), {
      credential: () => keeper.status(),
      isDraining,
      hasStarted: () => started,
    })

  return {
    gateway,
    admin,
    keeper,
    start: () => keeper.start(),
    async close() {
      draining = true
      keepers.drain()
      await gateway.close()
      keepers.close()
      await Promise.all([admin?.close(), clusterPool.destroy(), identityProviderPool.destroy()])
    },
  }
}
