import { fstatSync, readFileSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { bareHost, httpUrl } from '../config/hosts.ts'
import { SettingsError } from '../errors.ts'
import { type ListenTarget, listen } from './listen.ts'

/** A listening socket that the service manager made and passed on (sd_listen_fds(3)). */
export interface PassedSocket {
  handle: Socket
  /** Where it listens, as the kernel says. */
  place: ListenTarget
}

export interface PassedSockets {
  gateway: PassedSocket | undefined
  admin: PassedSocket | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

/** Where passed descriptors begin. */
const FIRST_FD = 3
/** The name of the one for the admin listener (`FileDescriptorName=`). */
const ADMIN = 'admin'
export const PASSED = 'socket passed by the service manager'

/** The descriptors that were passed to this process, with their names, in order. */
export function passedNames(env: Environment, pid = process.pid): string[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = env
  // Those of a parent, which left its variables behind.
  if (LISTEN_PID !== String(pid) || !/^\d{1,4}$/.test(LISTEN_FDS ?? '')) return []
  const names = LISTEN_FDNAMES.split(':')
  return Array.from({ length: Number(LISTEN_FDS) }, (_, i) => names[i] || 'unknown')
}

/**
 * Takes over what was passed: one socket for callers, and one named `admin` for probes.
 * @throws SettingsError if there are more, or others
 */
export function takePassedSockets(env: Environment): PassedSockets {
  const taken: PassedSockets = { gateway: undefined, admin: undefined }
  for (const [i, name] of passedNames(env).entries()) {
    const role = name === ADMIN ? 'admin' : 'gateway'
    if (taken[role] !== undefined) throw refused(name, 'one socket for callers, and one named admin at most')
    taken[role] = takeSocket(FIRST_FD + i, name)
  }
  return taken
}

function takeSocket(fd: number, name: string): PassedSocket {
  const handle = open(fd)
  if (handle === undefined || handle.remoteAddress !== undefined)
    throw refused(name, 'a listening stream socket (ListenStream=, Accept=no)')
  const bound = handle.address()
  if (!('port' in bound)) return { handle, place: { socket: pathOf(fd) } }
  // Both kinds of callers reach it, and IPv4 ones by an address in IPv6.
  return { handle, place: { host: bound.address.replace(/^::ffff:(?=\d+\.)/i, ''), port: bound.port } }
}

/** Neither reads nor writes: it only stands for the descriptor, and can tell its address. */
function open(fd: number): Socket | undefined {
  try {
    return new Socket({ fd, readable: false, writable: false })
  } catch {
    return undefined
  }
}

/** Node cannot tell; the kernel's table of Unix sockets (proc(5)) can, by the inode. */
function pathOf(fd: number): string {
  const inode = String(fstatSync(fd).ino)
  try {
    const rows = readFileSync('/proc/self/net/unix', 'utf8').split('\n')
    const row = rows.map((row) => row.trim().split(/\s+/)).find((fields) => fields[6] === inode)
    return row?.slice(7).join(' ') || '(passed)'
  } catch {
    return '(passed)'
  }
}

/** As listening on it says what is listened on, whatever the settings say: a layer above all others. */
export function passedLayer({
  gateway,
  admin,
}: Record<keyof PassedSockets, Pick<PassedSocket, 'place'> | undefined>) {
  const values = new Map<string, unknown>()
  if (gateway !== undefined) {
    const { place } = gateway
    if ('socket' in place) values.set('socket', place.socket)
    else values.set('host', place.host).set('port', place.port)
  }
  if (admin !== undefined && 'host' in admin.place)
    values.set('adminHost', admin.place.host).set('adminPort', admin.place.port)
  return (name: string) =>
    values.has(name) ? { value: values.get(name), text: false, source: PASSED } : undefined
}

/** @throws SettingsError if what is passed and what is set cannot both be */
export function checkPassed(
  { gateway, admin }: Record<keyof PassedSockets, Pick<PassedSocket, 'place'> | undefined>,
  settings: { listen: ListenTarget; workers: number },
): void {
  if (admin !== undefined && !('host' in admin.place)) throw refused('admin', 'a TCP socket')
  if (gateway === undefined) return
  if ('host' in gateway.place && 'socket' in settings.listen)
    throw new SettingsError([fault('socket', `to be left out: ${bareHost(gateway.place.host)} is passed`)])
  // The workers' listener is closed with the last of them, and what was passed cannot be opened again.
  if (settings.workers > 1)
    throw new SettingsError([fault('workers', '1: a passed socket cannot be shared by processes')])
}

/** Warns of a Unix socket that every user of the machine can connect to. */
export function passedWarning({ gateway }: PassedSockets): string | undefined {
  if (gateway === undefined || !('socket' in gateway.place)) return undefined
  const path = gateway.place.socket
  if (path.startsWith('@')) return `${path} has no file, and so every user of this machine can connect to it`
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0
  return (mode & 0o002) === 0
    ? undefined
    : `every user of this machine can connect to ${path}: set SocketMode=0600 in its unit`
}

/** Listens on the socket that was passed, if one was. @throws ListenError */
export function listenAt(
  app: FastifyInstance,
  target: ListenTarget,
  passed: PassedSocket | undefined,
): Promise<string> {
  return passed === undefined ? listen(app, target) : listenOnPassed(app, passed)
}

async function listenOnPassed(app: FastifyInstance, { handle, place }: PassedSocket): Promise<string> {
  const { server } = app
  // Fastify closes only what it listens on itself. After the hook of ours that has the connections end in time.
  app.addHook('preClose', (done) => {
    server.close(() => done())
  })
  await app.ready()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).once('listening', resolve)
    server.listen(handle)
  })
  if ('socket' in place) return `unix:${place.socket}`
  return httpUrl(place.host, place.port)
}

function refused(name: string, expected: string): SettingsError {
  return new SettingsError([fault(name, expected)])
}

function fault(setting: string, expected: string) {
  return { setting, source: PASSED, expected }
}
