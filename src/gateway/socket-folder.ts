import { realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

const STICKY = 0o1000
const GROUP_WRITES = 0o020
const OTHERS_WRITE = 0o002

/** What matters of a folder, as `stat` tells it. */
interface Folder {
  path: string
  uid: number
  gid: number
  mode: number
}

/** Whose folders and groups are ours. */
interface User {
  uid: number
  gid: number
}

/**
 * Why other users could put a socket of their own in the place of one at this path, and so collect what callers send:
 * because of its folder or one above it, by its name and by where that leads. Undefined if they cannot, and on systems
 * without such users. @throws as `stat` does if its folder does not exist
 */
export async function folderFault(path: string, user = self()): Promise<string | undefined> {
  if (user === undefined) return undefined
  for (const folder of await foldersAbove(path)) {
    const fault = faultOf(folder, user)
    if (fault !== undefined) return `the folder ${folder.path} ${fault}`
  }
  return undefined
}

/** What is less than safe about the folder of a socket, but usual. */
export async function folderWarning(path: string, user = self()): Promise<string | undefined> {
  const [nearest, ...others] = user === undefined ? [] : await foldersAbove(path)
  if (nearest === undefined || user === undefined) return undefined
  const { path: folder, mode, gid } = nearest
  const open = (mode & OTHERS_WRITE) !== 0 ? nearest : others.find(isOpen)
  if (open !== undefined)
    return `every user may make files in ${open.path}, so another could listen at ${path} in place of this proxy; choose a folder of its own`
  if ((mode & GROUP_WRITES) !== 0 && (mode & STICKY) === 0 && gid !== user.gid)
    return `the group ${gid} may write to ${folder}, and put a socket of its own in the place of ${path}: chmod g-w it`
  return undefined
}

/** Of what the administrator opened to all, as Kubernetes does its emptyDir volumes, it is enough to warn. */
function faultOf({ uid, mode }: Folder, user: User): string | undefined {
  if (uid !== 0 && uid !== user.uid) return `belongs to another user (uid ${uid})`
  if (uid !== 0 && isOpen({ mode })) return 'may be written to by every user'
  return undefined
}

function isOpen({ mode }: Pick<Folder, 'mode'>): boolean {
  return (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0
}

/** From the nearest to the root: those of the path as it is written, then those that its links lead to. */
async function foldersAbove(path: string): Promise<Folder[]> {
  const written = dirname(resolve(path))
  const paths = new Set([...upFrom(written), ...upFrom(await realpath(written))])
  return Promise.all(
    [...paths].map(async (path) => {
      const { uid, gid, mode } = await stat(path)
      return { path, uid, gid, mode }
    }),
  )
}

function upFrom(folder: string): string[] {
  const above = dirname(folder)
  return above === folder ? [folder] : [folder, ...upFrom(above)]
}

function self(): User | undefined {
  const { geteuid, getegid } = process
  return geteuid === undefined || getegid === undefined ? undefined : { uid: geteuid(), gid: getegid() }
}
