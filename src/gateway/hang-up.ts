import type { Socket } from 'node:net'

/** Who wants to know that a caller's connection has closed. */
export interface Waiting {
  onHangUp(): void
}

const WAITING = Symbol('waiting')

interface Watched extends Socket {
  [WAITING]?: Set<Waiting>
}

/**
 * Those who are told once the caller's connection has closed: who joins leaves when it is done. Node tells only the
 * answer whose turn it is; those of pipelined requests (RFC 9112 section 9.3.2) that wait behind it have to hear it, too.
 */
export function waitingOn(socket: Socket): Set<Waiting> {
  const watched: Watched = socket
  watched[WAITING] ??= watch(socket)
  return watched[WAITING]
}

/** One listener on the socket, however many requests wait on it: Node warns of more than ten. */
function watch(socket: Socket): Set<Waiting> {
  const waiting = new Set<Waiting>()
  socket.once('close', () => {
    for (const one of waiting) one.onHangUp()
  })
  return waiting
}
