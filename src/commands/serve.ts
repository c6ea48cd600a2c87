import type { Logger } from 'pino'
import { type App, buildApp } from '../app.ts'
import type { Settings } from '../config/settings.ts'
import { listen } from '../gateway/listen.ts'
import { banner, startReport } from './banner.ts'
import type { CommandContext } from './command.ts'

/** Builds the proxy, begins to acquire, listens, and says so. @throws ListenError */
export async function serve(
  settings: Settings,
  logger: Logger,
  stdout: CommandContext['stdout'],
): Promise<{ app: App; address: string }> {
  const app = await buildApp(settings, { logger })
  try {
    app.start()
    const admin = app.admin && settings.admin && (await listen(app.admin, settings.admin))
    const address = await listen(app.gateway, settings.listen)
    const report = startReport(settings, address, admin)
    if (stdout.isTTY === true) stdout.write(banner(report))
    else logger.info(report, `listening on ${address}`)
    return { app, address }
  } catch (error) {
    await app.close()
    throw error
  }
}
