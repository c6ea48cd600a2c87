import type { Logger } from 'pino'
import { buildApp } from '../app.ts'
import type { Settings } from '../config/settings.ts'
import { refusalsFile, usualStateFile } from '../credentials/refusals-file.ts'
import type { Memory } from '../credentials/remembering.ts'
import { listen } from '../gateway/listen.ts'
import { memoryLog } from '../log.ts'
import type { WorkerStart } from '../workers/messages.ts'
import { banner, startReport } from './banner.ts'
import type { CommandContext } from './command.ts'

/** The proxy, up and listening. */
export interface Running {
  address: string
  close(): Promise<void>
}

/** The same, with the address of its probes. */
export interface Up extends Running {
  admin: string | undefined
}

/** Where the settings came from: for workers, which load the same. */
export type SettingsOrigin = Omit<WorkerStart, 'pseudonym'>

/** Builds the proxy, begins to acquire, listens, and says so. @throws ListenError */
export async function serve(
  settings: Settings,
  logger: Logger,
  stdout: CommandContext['stdout'],
  origin: SettingsOrigin,
): Promise<Running> {
  // Loaded where it is needed: one process costs what it does without workers.
  const up = settings.workers === 1 ? serveAlone : (await import('./serve-with-workers.ts')).serveWithWorkers
  const { address, admin, close } = await up(settings, logger, origin, memoryOf(settings, logger, origin))
  const report = startReport(settings, address, admin)
  if (stdout.isTTY === true) stdout.write(banner(report))
  else logger.info(report, `listening on ${address}`)
  return { address, close }
}

function memoryOf({ stateFile }: Settings, logger: Logger, { env }: SettingsOrigin): Memory | undefined {
  if (stateFile === 'off') return undefined
  const file = stateFile === undefined ? usualStateFile(env) : { path: stateFile, ownFolder: false }
  return refusalsFile(file, memoryLog(logger))
}

async function serveAlone(
  settings: Settings,
  logger: Logger,
  _origin: SettingsOrigin,
  memory: Memory | undefined,
): Promise<Up> {
  const app = await buildApp(settings, { logger, memory })
  try {
    app.start()
    const admin = app.admin && settings.admin && (await listen(app.admin, settings.admin))
    const address = await listen(app.gateway, settings.listen)
    return { address, admin, close: app.close }
  } catch (error) {
    await app.close()
    throw error
  }
}
