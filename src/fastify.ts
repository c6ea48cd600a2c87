import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import fastifyPlugin from 'fastify-plugin'
import type { Logger } from 'pino'
import { buildOwner, callerGuards, pseudonym } from './app.ts'
import { isLoopback } from './config/hosts.ts'
import type { Settings } from './config/settings.ts'
import { systemClock } from './credentials/clock.ts'
import { SettingsError } from './errors.ts'
import { makeAccessLog } from './gateway/access-log.ts'
import { guardPolicy } from './gateway/guard.ts'
import { mountGateway } from './gateway/mount.ts'
import { traced } from './gateway/traced.ts'
import { connectionLog, describeError } from './log.ts'
import { tracingOf } from './tracing.ts'
import { Connections } from './upstream/connections.ts'
import { Destinations } from './upstream/destinations.ts'

/** The proxy as a part of a Fastify server that is yours. */
export { type LoadedSettings, loadSettings } from './config/load.ts'
export type { Settings } from './config/settings.ts'
export { type SettingFault, SettingsError } from './errors.ts'

/** Beside these, Fastify's own `prefix` says below which path the proxy is. */
export interface CamundaAuthProxyOptions {
  /** As `loadSettings` gives them; those about a listener of the proxy's own are not used. */
  settings: Settings
}

/**
 * Forwards `/v2/**` (and what the settings name beside it) of a Fastify 5 server to the cluster, with the credential, as
 * the program does. Everything it adds is encapsulated; it logs to the server's log, and ends with the server.
 * @throws SettingsError from `register` if a setting asks for what a server that is not the proxy's own cannot give
 */
export const camundaAuthProxy: FastifyPluginAsync<CamundaAuthProxyOptions> = fastifyPlugin(mount, {
  name: 'camunda-auth-proxy',
  fastify: '5.x',
  encapsulate: true,
})

async function mount(scope: FastifyInstance, { settings }: CamundaAuthProxyOptions): Promise<void> {
  checkServer(scope, settings)
  // Its own serializers might print what hangs on an error as its cause: a whole token response, perhaps.
  const logger = scope.log.child({}, { serializers: { err: describeError } }) as unknown as Logger
  const state = { isDraining: false }
  const owner = await buildOwner(
    { ...settings, admin: undefined },
    { logger },
    { onChange() {}, isServing: () => true, tallies: async () => [], listening: () => undefined },
  )
  const connections = new Connections(connectionLog(logger), systemClock())
  const tracing = await tracingOf(settings.tracing, () => {})
  const guards = await callerGuards(settings, logger)
  const host = 'host' in settings.listen ? settings.listen.host : undefined
  mountGateway(scope, {
    rules: {
      destinations: new Destinations(settings.clusters, settings.defaultCluster, {
        connections,
        credentials: owner.credentials,
      }),
      maxReplayBytes: settings.maxReplayBytes,
      guard: guardPolicy(host, settings.allowedHosts, guards.isCallerToken, settings.allowedOrigins),
      callerCheck: guards.callerCheck,
      accessLog: traced(makeAccessLog(logger, settings.accessLog, guards.callerOf), tracing),
    },
    served: settings.defaultCluster.apis.keys(),
    hasNames: settings.clusters.size > 1,
    isOpen: isOpen(settings),
    pseudonym: pseudonym(),
    tracing,
    isDraining: () => state.isDraining,
    onDefect: (err) => logger.error({ err }, 'an unexpected error: please report it'),
  })
  scope.addHook('onReady', async () => owner.start())
  scope.addHook('preClose', async () => {
    state.isDraining = true
    owner.drain()
  })
  scope.addHook('onClose', async () => {
    guards.close()
    await owner.close()
    await connections.destroy()
  })
}

/** Callers are known, or `host` lets other machines in, for which the settings were checked. */
function isOpen({ callerToken, callersFile, callersAreClients, listen }: Settings): boolean {
  const isKnown = callerToken !== undefined || callersFile !== undefined || callersAreClients
  return isKnown || ('host' in listen && !isLoopback(listen.host))
}

/** What would silently not hold is refused. */
function checkServer({ initialConfig, prefix }: FastifyInstance, { allowedUids }: Settings): void {
  const faults = [
    allowedUids && {
      setting: 'allowedUids',
      expected: 'not to be set: only a listener of the proxy can tell',
    },
    /[:*]/.test(prefix) && { setting: 'prefix', expected: 'a path without parameters' },
    initialConfig.http2 === true && { setting: 'http2', expected: 'a server of HTTP/1.1' },
  ].filter((fault) => typeof fault === 'object')
  if (faults.length > 0)
    throw new SettingsError(faults.map((fault) => ({ ...fault, source: 'the plugin camunda-auth-proxy' })))
}
