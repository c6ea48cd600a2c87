import { keepTexts, loadSettings } from '../config/load.ts'
import type { Command } from './command.ts'
import { closeGracefully } from './graceful.ts'
import { commandLogger } from './logging.ts'
import { serve } from './serve.ts'

/** `camunda-auth-proxy start`: the main job. */
export const start: Command = async (context) => {
  const { args, env } = context
  const { files, readFile } = keepTexts()
  const { settings, warnings } = await loadSettings(args, env, readFile)
  const logger = await commandLogger(context, settings.logLevel)
  for (const warning of warnings) logger.warn(warning)
  const { close } = await serve(settings, logger, context.stdout, { args, env, files })
  closeGracefully(logger, close)
  return undefined
}
