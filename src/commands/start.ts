import { isatty } from 'node:tty'
import { keepTexts, type LoadedSettings, loadSettings } from '../config/load.ts'
import { systemClock } from '../credentials/clock.ts'
import { checkPassed, passedLayer, takePassedSockets } from '../gateway/passed-sockets.ts'
import type { Command, CommandContext } from './command.ts'
import { closeGracefully } from './graceful.ts'
import { commandLogger } from './logging.ts'
import { Reloader } from './reloader.ts'
import { serve } from './serve.ts'
import { watchFiles } from './watch-files.ts'

/** `camunda-auth-proxy start`: the main job. */
export const start: Command = async (context) => {
  const { args } = context
  const env = keepFromChildren(context.env)
  const passed = takePassedSockets(env)
  const clock = systemClock()
  let texts = keepTexts()
  const loaded = await loadSettings(args, env, texts.readFile, passedLayer(passed))
  checkPassed(passed, loaded.settings)
  const { settings, warnings } = loaded
  const logger = await commandLogger(context, settings.logLevel)
  for (const warning of warnings) logger.warn(warning)
  const load = (running: LoadedSettings) => {
    texts = keepTexts()
    return loadSettings(args, env, texts.readFile, passedLayer(passed), running.staying)
  }
  const origin = (staying?: LoadedSettings['staying']) => ({ args, env, files: texts.files, staying })
  const reloader: Reloader = new Reloader({
    loaded,
    load,
    apply: (next) => reload(next.settings, origin(next.staying)),
    logger,
    clock,
    around: (make) => (manager === undefined ? make() : manager.reloading(make)),
  })
  const status = () => reloader.status()
  const running = await serve(settings, logger, context.stdout, origin(), passed, status)
  const { close, reload, manager } = running
  const endWatch = watchFiles({
    texts: () => texts.tried,
    onChange: () => void reloader.request('a file of settings has changed'),
    clock,
  })
  const closeAll = () => {
    endWatch()
    reloader.end()
    return close()
  }
  closeGracefully(logger, closeAll, isHangUpForReload() ? () => void reloader.request('SIGHUP') : undefined)
  return undefined
}

/** On a terminal it says that the terminal is gone; on Windows, that the console is. */
function isHangUpForReload(): boolean {
  return process.platform !== 'win32' && !isatty(0) && !isatty(1)
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
