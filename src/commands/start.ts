import { keepTexts, loadSettings } from '../config/load.ts'
import { checkPassed, passedLayer, takePassedSockets } from '../gateway/passed-sockets.ts'
import type { Command, CommandContext } from './command.ts'
import { closeGracefully } from './graceful.ts'
import { commandLogger } from './logging.ts'
import { serve } from './serve.ts'

/** `camunda-auth-proxy start`: the main job. */
export const start: Command = async (context) => {
  const { args } = context
  const env = keepFromChildren(context.env)
  const { files, readFile } = keepTexts()
  const passed = takePassedSockets(env)
  const { settings, warnings } = await loadSettings(args, env, readFile, passedLayer(passed))
  checkPassed(passed, settings)
  const logger = await commandLogger(context, settings.logLevel)
  for (const warning of warnings) logger.warn(warning)
  const { close } = await serve(settings, logger, context.stdout, { args, env, files }, passed)
  closeGracefully(logger, close)
  return undefined
}

/** What the service manager says to this process alone, workers and token commands not among it (sd_listen_fds(3)). */
const OURS_ALONE = [
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
]

/** The environment as it was, while children will find less in theirs. */
function keepFromChildren(env: CommandContext['env']): CommandContext['env'] {
  const kept = { ...env }
  for (const name of OURS_ALONE) delete process.env[name]
  return kept
}
