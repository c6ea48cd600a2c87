import { rm, stat } from 'node:fs/promises'
import { connect, isIP } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { errorCode } from '../config/error-code.ts'
import { httpUrl } from '../config/hosts.ts'
import { neighbourOf } from './neighbour.ts'
import { folderFault } from './socket-folder.ts'

export type ListenTarget = { host: string; port: number } | { socket: string }

/** macOS takes 103 bytes, Linux 107. A longer path is cut off without a word, and the socket appears elsewhere. */
const MAX_SOCKET_PATH = 103

/** The listener cannot be had; the message says why and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
}

/** Starts to listen and returns the address in the form in which callers use it. @throws ListenError */
export async function listen(app: FastifyInstance, target: ListenTarget): Promise<string> {
  try {
    if ('socket' in target) return await listenOnSocket(app, target.socket)
    await app.listen({ host: target.host, port: target.port, listenTextResolver: () => '' })
    await checkName(app, target.host)
    return address(app, target.host)
  } catch (error) {
    throw error instanceof ListenError ? error : new ListenError(explain(error, target))
  }
}

/**
 * The same in a worker, whose primary makes the listener and shares it: what is to be seen to before
 * (`prepareSocket`) is its business. @throws ListenError
 */
export async function listenAsWorker(app: FastifyInstance, target: ListenTarget): Promise<string> {
  const place = 'socket' in target ? { path: target.socket } : { host: target.host, port: target.port }
  try {
    await app.listen({ ...place, listenTextResolver: () => '' })
    if ('socket' in target) return `unix:${target.socket}`
    await checkName(app, target.host)
    return address(app, target.host)
  } catch (error) {
    throw error instanceof ListenError ? error : new ListenError(explain(error, target))
  }
}

/** A name such as `localhost` may mean an address to callers that another program has. @throws ListenError */
async function checkName(app: FastifyInstance, host: string): Promise<void> {
  const bound = app.server.address()
  if (isIP(host) !== 0 || typeof bound !== 'object' || bound === null) return
  const neighbour = await neighbourOf(bound.address, bound.port)
  if (neighbour !== undefined)
    throw new ListenError(
      `Cannot listen on ${host}:${bound.port}: another program listens on ${neighbour}, and callers may reach it by that name; ` +
        `stop it, choose another port, or listen on ${bound.address}.`,
    )
}

/** Where a server listens, in the form in which callers use it; undefined while it does not. */
export function listeningAt(app: FastifyInstance, target: ListenTarget): string | undefined {
  if (!app.server.listening) return undefined
  return 'socket' in target ? `unix:${target.socket}` : address(app, target.host)
}

function address(app: FastifyInstance, host: string): string {
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0
  return httpUrl(host, port)
}

/**
 * A Unix socket that only the owner can use, from the first moment on: created under a umask, not changed later.
 * A socket file that nobody listens on is a leftover, and is replaced.
 */
async function listenOnSocket(app: FastifyInstance, path: string): Promise<string> {
  await prepareSocket(path)
  const umask = process.umask(0o177)
  try {
    await app.listen({ path, listenTextResolver: () => '' })
  } finally {
    process.umask(umask)
  }
  return `unix:${path}`
}

/**
 * Sees to it that a socket can be made at a path, and that others cannot replace it: a leftover there is removed.
 * @throws ListenError if it cannot
 */
export async function prepareSocket(path: string): Promise<void> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new ListenError(
      `Cannot listen on ${path}: a socket path may have ${MAX_SOCKET_PATH} bytes at most.`,
    )
  }
  const fault = await folderFault(path).catch(() => {
    throw new ListenError(`Cannot listen on ${path}: its folder does not exist.`)
  })
  if (fault !== undefined) {
    const cure = 'choose a folder that only this user may write to, such as one made by mkdir -m 700'
    throw new ListenError(
      `Cannot listen on ${path}: ${fault}, so that others could put a socket of their own in its place; ${cure}.`,
    )
  }
  await removeLeftover(path)
}

async function removeLeftover(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found === undefined) return
  if (!found.isSocket())
    throw new ListenError(`Cannot listen on ${path}: a file that is no socket is in the way.`)
  if (await isAnswered(path))
    throw new ListenError(`Cannot listen on ${path}: another process listens there.`)
  await rm(path)
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const end = (answered: boolean) => {
      socket.destroy()
      resolve(answered)
    }
    // Anything but a refusal (a full backlog, another user's socket) is no proof that nobody is there.
    const onError = (error: NodeJS.ErrnoException) => end(error.code !== 'ECONNREFUSED')
    socket.once('connect', () => end(true)).once('error', onError)
  })
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'another process listens there; stop it or choose another port',
  EACCES: 'this user may not; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'the name cannot be resolved',
}

const socketReasons: Record<string, string> = {
  EADDRINUSE: 'another process listens there; stop it or choose another path',
  EACCES: 'this user may not write to its folder; choose another folder',
  EROFS: 'its folder cannot be written to; choose another folder',
}

function explain(error: unknown, target: ListenTarget): string {
  const code = errorCode(error) ?? 'unknown'
  if ('socket' in target) return `Cannot listen on ${target.socket}: ${socketReasons[code] ?? code}.`
  return `Cannot listen on ${target.host}:${target.port}: ${reasons[code] ?? code}.`
}
