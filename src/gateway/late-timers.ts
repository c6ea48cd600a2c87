import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** More than it takes to hear what has come meanwhile. */
const HEARING_MS = 100

/**
 * Node runs timers that are overdue before it looks at its sockets. After this process was stopped or blocked for a
 * minute it would take callers for idle, or too slow, whose requests are there to be read. These two look once more.
 */

/** Closes connections that carry no request when their time is up, but not one on which the next has come. */
export function closeIdle(server: Server): void {
  server.on('timeout', (socket) => {
    const before = socket.bytesRead
    afterHearing(socket, () => socket.bytesRead === before && socket.destroy())
  })
}

/** Runs `refuse` for a request head that took too long, unless `hasCome` says that it came after all. */
export function unlessItCame(
  error: { code?: string },
  socket: Socket,
  hasCome: () => boolean,
  refuse: () => void,
): void {
  if (error.code !== 'ERR_HTTP_REQUEST_TIMEOUT') refuse()
  else afterHearing(socket, () => hasCome() || refuse())
}

function afterHearing(socket: Socket, action: () => void): void {
  const timer = setTimeout(action, HEARING_MS)
  socket.once('close', () => clearTimeout(timer))
}
