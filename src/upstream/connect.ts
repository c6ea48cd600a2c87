import type { buildConnector } from 'undici'

/** A connection that has been opened. */
export type Connected = NonNullable<Parameters<buildConnector.Callback>[1]>

/** Opens a connection to an origin, as undici's client would ask for it. `done` may be told at once, and should bear to be told twice. */
export function connectTo(
  connector: buildConnector.connector,
  { host, hostname, protocol, port }: URL,
  done: (error: Error | null, socket: Connected | null) => void,
): void {
  // A name server knows no brackets.
  const bare = hostname.replace(/^\[|\]$/g, '')
  try {
    connector({ host, hostname: bare, protocol, port }, (error, socket) => done(error, socket ?? null))
  } catch (error) {
    done(error as Error, null)
  }
}
