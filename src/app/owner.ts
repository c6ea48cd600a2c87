import type { FastifyInstance } from 'fastify'
import { type AdminGuards, buildAdmin } from '../admin/admin.ts'
import { type CredentialName, CredentialRecord } from '../admin/credential-record.ts'
import { isForStatusPage } from '../admin/own-page.ts'
import type { ReloadStatus } from '../admin/reload-status.ts'
import type { ReloadResult } from '../admin/status.ts'
import { StatusBoard } from '../admin/status-board.ts'
import { addToken } from '../admin/token.ts'
import { isLoopback } from '../config/hosts.ts'
import type { Settings } from '../config/settings.ts'
import { systemClock } from '../credentials/clock.ts'
import type { CredentialKeeper } from '../credentials/keeper.ts'
import { Keepers } from '../credentials/keepers.ts'
import { guardPolicy, makeGuard } from '../gateway/guard.ts'
import type { PeerGate } from '../gateway/peer-gate.ts'
import type { Tally } from '../gateway/tally.ts'
import { tokenLog } from '../log.ts'
import { getFirst } from '../succession.ts'
import type { Connections } from '../upstream/connections.ts'
import type { OwnCredentials } from '../upstream/own-credentials.ts'
import { peersOf } from './callers.ts'
import type { PartOptions } from './options.ts'
import { makeCredentials } from './own-credentials.ts'

/** The part that owns the credentials and answers probes: all of a proxy but its gateway. */
export interface Owner {
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
interface OwnerChange {
  credentials: OwnCredentials
  /** Those who hold what has no place any more may use it until `whenUnused`. */
  apply(whenUnused: Promise<void>): void
  discard(): void
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

/** Puts together what asks for the credentials of these settings, and what tells of them. */
export function makeOwner(
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
  const forget = () => record.retain((name) => name === undefined || served(name) !== undefined)
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
      const discard = () => {
        const now = Promise.resolve()
        credentials.retain(now)
        connections.retain(current.clusters.values(), now)
        forget()
      }
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
          forget()
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
