import type { ChildProcess } from 'node:child_process'

/** Of Node's cluster module, where the primary accepts connections and hands each one to a worker. */
interface HandOver {
  cmd: 'NODE_CLUSTER'
  act: 'newconn'
  seq: number
}

/** The end of a connection. */
interface Handle {
  close(): void
}

/**
 * Keeps account of the connections that this worker was handed and has not taken yet. Node forgets them, open, if it
 * ends before it does: their callers would wait for ever. Returns what to do then: another worker gets them, if
 * `isAnyLeft`, as if this one had sent them back; else they are closed.
 */
export function accountForConnections(worker: ChildProcess): (isAnyLeft: boolean) => void {
  const untaken = new Map<number, Handle>()
  const send = worker.send as (...args: unknown[]) => boolean
  worker.send = (...args: unknown[]) => {
    const [message, handle] = args
    if (isHandOver(message) && isHandle(handle)) untaken.set(message.seq, handle)
    return send.apply(worker, args)
  }
  worker.on('internalMessage', ({ ack }: { ack?: number }) => ack !== undefined && untaken.delete(ack))
  return (isAnyLeft) => {
    for (const [ack, handle] of untaken) {
      if (isAnyLeft) worker.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false })
      else handle.close()
    }
    untaken.clear()
  }
}

function isHandOver(message: unknown): message is HandOver {
  const { cmd, act } = message as Partial<HandOver>
  return cmd === 'NODE_CLUSTER' && act === 'newconn'
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'close' in handle
}
