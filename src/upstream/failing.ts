import { Agent, type Dispatcher } from 'undici'

/** Fails a request as undici would if it could not connect, whichever kind of handler it has. */
export function fail(
  error: Error,
  options: Dispatcher.DispatchOptions,
  handler: Dispatcher.DispatchHandler,
): void {
  new Agent({ connect: (_options, callback) => callback(error, null) }).dispatch(options, handler)
}

/** Tells a handler that its request has failed. What it throws at that has nobody left to hear it. */
export function tellFailure(
  handler: Dispatcher.DispatchHandler,
  controller: Dispatcher.DispatchController,
  error: Error,
): void {
  try {
    handler.onResponseError?.(controller, error)
  } catch {
    // Whoever else is on the way goes on.
  }
}

/** What controls a request that was never sent: there is nothing to control. */
export const UNSENT: Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  rawHeaders: null,
  rawTrailers: null,
  abort() {},
  pause() {},
  resume() {},
}
