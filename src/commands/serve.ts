import type { Logger } from 'pino'
import type { ReloadStatus } from '../admin/reload-status.ts'
import { type AppOptions, buildApp } from '../app.ts'
import { bareHost } from '../config/hosts.ts'
import type { Settings } from '../config/settings.ts'
import { refusalsFile, usualStateFile } from '../credentials/refusals-file.ts'
import type { Memory } from '../credentials/remembering.ts'
import { capacity } from '../gateway/capacity.ts'
import { listen } from '../gateway/listen.ts'
import { neighbourOf } from '../gateway/neighbour.ts'
import { folderWarning } from '../gateway/socket-folder.ts'
import { memoryLog } from '../log.ts'
import type { WorkerStart } from '../workers/messages.ts'
import { banner, startReport } from './banner.ts'
import type { CommandContext } from './command.ts'
import { diagnosticsWarnings } from './diagnostics.ts'

/** The proxy, up and listening. */
export interface Running {
  address: string
  close(): Promise<void>
  /** Has other settings hold. @throws as `App.reload` */
  reload(settings: Settings, origin: SettingsOrigin): Promise<void>
}

/** The same, with the address of its probes. */
export interface Up extends Running {
  admin: string | undefined
}

/** Where the settings came from: for workers, which load the same. */
export type SettingsOrigin = Omit<WorkerStart, 'pseudonym' | 'edition'>

/** Builds the proxy, begins to acquire, listens, and says so. @throws ListenError */
export async function serve(
  settings: Settings,
  logger: Logger,
  stdout: CommandContext['stdout'],
  origin: SettingsOrigin,
  reloadStatus?: () => ReloadStatus,
): Promise<Running> {
  // Loaded where it is needed: one process costs what it does without workers.
  const up = settings.workers === 1 ? serveAlone : (await import('./serve-with-workers.ts')).serveWithWorkers
  for (const warning of diagnosticsWarnings(process.execArgv, origin.env.NODE_OPTIONS)) logger.warn(warning)
  const parts = { logger, memory: memoryOf(settings, logger, origin), reloadStatus }
  const { address, admin, close, reload } = await up(settings, parts, origin)
  const warning = 'socket' in settings.listen ? await folderWarning(settings.listen.socket) : undefined
  if (warning !== undefined) logger.warn(warning)
  warnOfLittleRoom(logger)
  void warnOfNeighbour(logger, address)
  const report = startReport(settings, address, admin)
  if (stdout.isTTY === true) stdout.write(banner(report))
  else logger.info(report, `listening on ${address}`)
  return { address, close, reload }
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

function memoryOf({ stateFile }: Settings, logger: Logger, { env }: SettingsOrigin): Memory | undefined {
  if (stateFile === 'off') return undefined
  const file = stateFile === undefined ? usualStateFile(env) : { path: stateFile, ownFolder: false }
  return refusalsFile(file, memoryLog(logger))
}

async function serveAlone(
  settings: Settings,
  parts: Pick<AppOptions, 'logger' | 'memory' | 'reloadStatus'>,
): Promise<Up> {
  const app = await buildApp(settings, parts)
  try {
    app.start()
    const admin = app.admin && settings.admin && (await listen(app.admin, settings.admin))
    const address = await listen(app.gateway, settings.listen)
    return { address, admin, close: app.close, reload: (next) => app.reload(next) }
  } catch (error) {
    await app.close()
    throw error
  }
}
