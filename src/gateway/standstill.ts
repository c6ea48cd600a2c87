import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Clock } from '../credentials/clock.ts'

/** What a caller is waited for in vain. */
export type Standstill = 'sends nothing' | 'reads nothing'

const LOOK_MS = 5 * 60_000

/**
 * Looks at every connection once in five minutes, and tells of those that have not moved from one look to the next
 * although it is the caller's turn: to send the rest of a body, or to read what was sent. An answer that is awaited is
 * nobody's standstill, however long that takes. Returns how to end it.
 */
export function watchStandstills(
  clock: Clock,
  connections: Iterable<Socket>,
  latestAnswer: (socket: Socket) => ServerResponse | undefined,
  onStandstill: (socket: Socket, what: Standstill) => void,
): () => void {
  const moved = new WeakMap<Socket, number>()
  const look = () => {
    cancel = clock.setTimer(look, LOOK_MS)
    for (const socket of connections) {
      const now = socket.bytesRead + socket.bytesWritten
      const what = now === moved.get(socket) ? standstill(socket, latestAnswer(socket)) : undefined
      moved.set(socket, now)
      if (what !== undefined) onStandstill(socket, what)
    }
  }
  let cancel = clock.setTimer(look, LOOK_MS)
  return () => cancel()
}

function standstill(socket: Socket, answer: ServerResponse | undefined): Standstill | undefined {
  if (socket.writableLength > 0) return 'reads nothing'
  const request = answer?.req
  // Where it is paused, it is the cluster that does not read.
  if (request?.complete === false && request.readableFlowing === true) return 'sends nothing'
  return undefined
}
