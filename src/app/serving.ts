import type { FastifyInstance } from 'fastify'
import type { Settings } from '../config/settings.ts'
import { makeAccessLog } from '../gateway/access-log.ts'
import { capacity } from '../gateway/capacity.ts'
import { buildGateway } from '../gateway/gateway.ts'
import { guardPolicy } from '../gateway/guard.ts'
import { InForce, Rules } from '../gateway/in-force.ts'
import type { PeerGate } from '../gateway/peer-gate.ts'
import { counter, type Tally } from '../gateway/tally.ts'
import { traced } from '../gateway/traced.ts'
import { dropLog } from '../log.ts'
import type { Connections } from '../upstream/connections.ts'
import { type Credentials, Destinations } from '../upstream/destinations.ts'
import { callerGuards, peersOf } from './callers.ts'
import { DRAIN_MS, type PartOptions } from './options.ts'

/** The part that callers talk to. */
export interface Serving {
  gateway: FastifyInstance
  /** How requests went until now. */
  tally(): Tally
  /** What is needed to have other settings hold. @throws as `buildApp` */
  prepare(settings: Settings, credentials: Credentials): Promise<ServingChange>
  /** Takes no new requests, and lets those in flight finish for at most `drainMs`. */
  close(): Promise<void>
}

/** All that can fail has been done. Either of the two is called, and once. */
interface ServingChange {
  /** Resolves when no request goes by the old settings any more. */
  apply(): Promise<void>
  discard(): void
}

/** Puts the gateway together by these settings. @throws as `callerGuards` */
export async function makeServing(
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
