import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { checkCallers } from './app/callers.ts'
import { type AppOptions, DRAIN_MS, type PartOptions } from './app/options.ts'
import { makeOwner, type Owner, type OwnerLinks } from './app/owner.ts'
import { makeServing, type Serving } from './app/serving.ts'
import type { Settings } from './config/settings.ts'
import { systemClock } from './credentials/clock.ts'
import type { CredentialKeeper } from './credentials/keeper.ts'
import { listeningAt } from './gateway/listen.ts'
import { connectionLog } from './log.ts'
import { Past } from './succession.ts'
import { tracingOf } from './tracing.ts'
import { Connections } from './upstream/connections.ts'
import type { Credentials } from './upstream/destinations.ts'
import type { OwnCredentials } from './upstream/own-credentials.ts'

export { type AppOptions, DRAIN_MS }

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
