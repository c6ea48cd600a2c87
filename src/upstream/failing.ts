import { Agent, type Dispatcher } from 'undici'

/** Fails a request as undici would if it could not connect, whichever kind of handler it has. */
export function fail(
  error: Error,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
): void {
  new Agent({ connect: (_options, callback) => callback(error, null) }).dispatch(options, handler)
}
