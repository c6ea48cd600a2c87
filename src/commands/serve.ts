import type { Logger } from 'pino'
import type { ReloadStatus } from '../admin/reload-status.ts'
import { type AppOptions, buildApp } from '../app.ts'
import { bareHost } from '../config/hosts.ts'
import type { Settings } from '../config/settings.ts'
import { systemClock } from '../credentials/clock.ts'
import type { KeeperStatus } from '../credentials/keeper.ts'
import { capacity } from '../gateway/capacity.ts'
import { neighbourOf } from '../gateway/neighbour.ts'
import { listenAt, type PassedSockets, passedWarning } from '../gateway/passed-sockets.ts'
import { folderWarning } from '../gateway/socket-folder.ts'
import { memoryLog } from '../log.ts'
import type { WorkerStart } from '../workers/messages.ts'
import { banner, startReport } from './banner.ts'
import type { CommandContext } from './command.ts'
import { diagnosticsWarnings } from './diagnostics.ts'
import { memoryOf } from './memory.ts'
import type { ServiceManager } from './service-manager.ts'

/** The proxy, up and listening. */
export interface Running {
  address: string
  close(): Promise<void>
  /** Has other settings hold. @throws as `App.reload` */
  reload(settings: Settings, origin: SettingsOrigin): Promise<void>
  /** Who started this process and wants to hear of it, if anybody. */
  manager: ServiceManager | undefined
}

/** The same, with the address of its probes. */
export interface Up extends Omit<Running, 'manager'> {
  admin: string | undefined
  /** How the credential at `/v2` is; undefined where callers bring their own. */
  credential(): KeeperStatus | undefined
}

const NONE_PASSED: PassedSockets = { gateway: undefined, admin: undefined }

/** Where the settings came from: for workers, which load the same. */
export type SettingsOrigin = Omit<WorkerStart, 'pseudonym' | 'edition'>

/** Builds the proxy, begins to acquire, listens, and says so. @throws ListenError */
export async function serve(
  settings: Settings,
  logger: Logger,
  stdout: CommandContext['stdout'],
  origin: SettingsOrigin,
  passed: PassedSockets = NONE_PASSED,
  reloadStatus?: () => ReloadStatus,
): Promise<Running> {
  // Loaded where it is needed: one process costs what it does without workers.
  const up = settings.workers === 1 ? serveAlone : (await import('./serve-with-workers.ts')).serveWithWorkers
  for (const warning of diagnosticsWarnings(process.execArgv, origin.env.NODE_OPTIONS)) logger.warn(warning)
  const memory = memoryOf(settings, memoryLog(logger), origin.env)
  const running = await up(settings, { logger, memory, reloadStatus }, origin, passed)
  const { address, admin, credential, reload } = running
  const warning = passedWarning(passed)
  if (warning !== undefined) logger.warn(warning)
  const opened = [passed.gateway === undefined ? settings.listen : undefined, settings.admin]
  for (const target of opened)
    if (target !== undefined && 'socket' in target) await warnOfFolder(logger, target.socket)
  warnOfLittleRoom(logger)
  void warnOfNeighbour(logger, address)
  const report = startReport(settings, address, admin)
  if (stdout.isTTY === true) stdout.write(banner(report))
  else logger.info(report, `listening on ${address}`)
  const manager = await managerOf(origin, logger)
  await manager?.ready(credential)
  const close = async () => {
    await Promise.all([manager?.stopping(), running.close()])
  }
  return { address, close, reload, manager }
}

/** Loaded where it is wanted, as it mostly is not. */
async function managerOf({ env }: SettingsOrigin, logger: Logger): Promise<ServiceManager | undefined> {
  if (env.NOTIFY_SOCKET === undefined) return undefined
  const { ServiceManager } = await import('./service-manager.ts')
  return new ServiceManager({ env, clock: systemClock(), onTrouble: (sentence) => logger.error(sentence) })
}

async function warnOfFolder(logger: Logger, socket: string): Promise<void> {
  const warning = await folderWarning(socket)
  if (warning !== undefined) logger.warn(warning)
}

/** Holds nothing up: it listens already. */
async function warnOfNeighbour(logger: Logger, address: string): Promise<void> {
  if (address.startsWith('unix:')) return
  const { hostname, port } = new URL(address)
  const neighbour = await neighbourOf(bareHost(hostname), Number(port))
  if (neighbour === undefined) return
  const words = `another program listens on ${neighbour}: a tool that takes localhost for that address reaches it and not this proxy; call ${address}`
  logger.warn({ neighbour }, words)
}

/** Fewer callers than this may be too few for one who did not mean to limit them. */
const FEW_CONNECTIONS = 1_000

function warnOfLittleRoom(logger: Logger): void {
  const { connections, openFiles } = capacity()
  if (connections >= FEW_CONNECTIONS) return
  const words = `the limit of ${openFiles} open files leaves room for ${connections} connections of callers at a time`
  logger.warn({ openFiles, connections }, words)
}

async function serveAlone(
  settings: Settings,
  parts: Pick<AppOptions, 'logger' | 'memory' | 'reloadStatus'>,
  _origin: SettingsOrigin,
  passed: PassedSockets,
): Promise<Up> {
  const app = await buildApp(settings, parts)
  try {
    app.start()
    const admin = app.admin && settings.admin && (await listenAt(app.admin, settings.admin, passed.admin))
    const address = await listenAt(app.gateway, settings.listen, passed.gateway)
    const reload = (next: Settings) => app.reload(next)
    return { address, admin, close: app.close, reload, credential: () => app.keeper?.status() }
  } catch (error) {
    await app.close()
    throw error
  }
}
