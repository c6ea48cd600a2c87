import { loadSettings } from '../config/load.ts'
import type { Command } from './command.ts'
import { closeGracefully } from './graceful.ts'
import { commandLogger } from './logging.ts'
import { serve } from './serve.ts'

/** `camunda-auth-proxy start`: the main job. */
export const start: Command = async (context) => {
  const { settings, warnings } = await loadSettings(context.args, context.env)
  const logger = await commandLogger(context, settings.logLevel)
  for (const warning of warnings) logger.warn(warning)
  const { app } = await serve(settings, logger, context.stdout)
  closeGracefully(logger, () => app.close())
  return undefined
}
