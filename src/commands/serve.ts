import type { Logger } from 'pino'
import { buildApp } from '../app.ts'
import type { Settings } from '../config/settings.ts'
import { listen } from '../gateway/listen.ts'
import { folderWarning } from '../gateway/socket-folder.ts'
import type { WorkerStart } from '../workers/messages.ts'
import { banner, startReport } from './banner.ts'
import type { CommandContext } from './command.ts'
import { diagnosticsWarnings } from './diagnostics.ts'

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
  for (const warning of diagnosticsWarnings(process.execArgv, origin.env.NODE_OPTIONS)) logger.warn(warning)
  const { address, admin, close } = await up(settings, logger, origin)
  const warning = 'socket' in settings.listen ? await folderWarning(settings.listen.socket) : undefined
  if (warning !== undefined) logger.warn(warning)
  const report = startReport(settings, address, admin)
  if (stdout.isTTY === true) stdout.write(banner(report))
  else logger.info(report, `listening on ${address}`)
  return { address, close }
}

async function serveAlone(settings: Settings, logger: Logger): Promise<Up> {
  const app = await buildApp(settings, { logger })
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
