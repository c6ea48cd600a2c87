import type { Socket } from 'node:net'

const listeners = new WeakMap<Socket, Set<() => void>>()

/**
 * Calls `listener` once the caller's connection has closed, and returns what takes it back. Node tells only the answer
 * whose turn it is; those of pipelined requests (RFC 9112 section 9.3.2) that wait behind it have to hear it, too.
 */
export function onHangUp(socket: Socket, listener: () => void): () => void {
  const waiting = listeners.get(socket) ?? listenTo(socket)
  waiting.add(listener)
  return () => waiting.delete(listener)
}

/** One listener on the socket, however many requests wait on it: Node warns of more than ten. */
function listenTo(socket: Socket): Set<() => void> {
  const waiting = new Set<() => void>()
  listeners.set(socket, waiting)
  socket.once('close', () => {
    for (const listener of waiting) listener()
  })
  return waiting
}
