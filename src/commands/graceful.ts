import closeWithGrace from 'close-with-grace'
import type { Logger } from 'pino'
import { describeError } from '../log.ts'

/** More than the longest drain, so that the drain's own limit is the one that counts. */
const LAST_RESORT_MS = 40_000

/**
 * Closes in order on SIGTERM and SIGINT, and ends with exit code 0; a second signal ends at once. SIGHUP is for `onHangUp`,
 * if it is given.
 */
export function closeGracefully(logger: Logger, close: () => Promise<void>, onHangUp?: () => void): void {
  if (onHangUp !== undefined) process.on('SIGHUP', onHangUp)

  const options = {
    delay: LAST_RESORT_MS,
    // Only what is safe to show: an error's causes may hold a token response.
    logger: {
      error: (message: unknown) =>
        logger.fatal({ err: message instanceof Error ? message : undefined }, text(message)),
    },
    skip: ['SIGUSR2' as const, ...(onHangUp === undefined ? [] : ['SIGHUP' as const])],
  }
  closeWithGrace(options, async ({ signal, err }) => {
    if (err !== undefined) logger.fatal({ err }, 'an unexpected error: closing')
    else logger.info({ signal }, 'closing: requests in flight may finish')
    await close()
    logger.info('closed')
  })
}

function text(message: unknown): string {
  return typeof message === 'string' ? message : describeError(message).message
}
