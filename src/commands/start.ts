import { isatty } from 'node:tty'
import { keepTexts, type LoadedSettings, loadSettings } from '../config/load.ts'
import { systemClock } from '../credentials/clock.ts'
import type { Command } from './command.ts'
import { closeGracefully } from './graceful.ts'
import { commandLogger } from './logging.ts'
import { Reloader } from './reloader.ts'
import { serve } from './serve.ts'
import { watchFiles } from './watch-files.ts'

/** `camunda-auth-proxy start`: the main job. */
export const start: Command = async (context) => {
  const { args, env } = context
  const clock = systemClock()
  let texts = keepTexts()
  const loaded = await loadSettings(args, env, texts.readFile)
  const { settings, warnings } = loaded
  const logger = await commandLogger(context, settings.logLevel)
  for (const warning of warnings) logger.warn(warning)
  const load = (running: LoadedSettings) => {
    texts = keepTexts()
    return loadSettings(args, env, texts.readFile, undefined, running.staying)
  }
  const origin = (staying?: LoadedSettings['staying']) => ({ args, env, files: texts.files, staying })
  const reloader: Reloader = new Reloader({
    loaded,
    load,
    apply: (next) => reload(next.settings, origin(next.staying)),
    logger,
    clock,
  })
  const { close, reload } = await serve(settings, logger, context.stdout, origin(), () => reloader.status())
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
