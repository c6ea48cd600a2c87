import type { Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../credentials/clock.ts'

/** For an answer that is on its way. Whoever has really left would only be found out by sending it. */
const PATIENCE_MS = 2_000
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Lets callers have their answer who close their half of the connection behind the request, as `nc` and the like do.
 * It looks the same when somebody leaves, so this is for safe methods (RFC 9110 section 9.2.1) whose answer has not begun,
 * and for two seconds; to everything else, a long poll that takes work on above all, it is the end, and at once.
 */
export function allowHalfClosed(
  server: Server,
  clock: Clock,
  latestAnswer: (socket: Socket) => ServerResponse | undefined,
): void {
  // Not among Node's documented properties: without it the connection is closed whatever is under way.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('connection', (socket) => {
    socket.on('end', () => {
      const answer = latestAnswer(socket)
      if (answer === undefined || answer.writableFinished) return
      if (answer.headersSent || !SAFE.has(answer.req.method ?? '')) {
        socket.end()
        return
      }
      const cancel = clock.setTimer(() => socket.destroy(), PATIENCE_MS)
      socket.once('close', cancel)
    })
  })
}
