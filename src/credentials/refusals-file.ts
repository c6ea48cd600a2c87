import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { errorCode } from '../config/error-code.ts'
import { formatRefusals, MAX_REFUSALS_BYTES, parseRefusals, type Refusal } from './refusals.ts'
import type { Memory } from './remembering.ts'

/** Where refusals are remembered. */
export interface StateFile {
  path: string
  /** Its folder is this program's, for this user alone, and is made where there is none. */
  ownFolder: boolean
}

const OWNER_ONLY = 0o700
const FILE_MODE = 0o600
/** Windows has none of them. A symbolic link or a pipe in its place is not followed, nor waited for. */
const TO_READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** The state file where no setting names one: in the user's runtime or state folder, else in that for temporary files. */
export function usualStateFile(env: Readonly<Record<string, string | undefined>>): StateFile {
  const base = [env.XDG_RUNTIME_DIR, env.XDG_STATE_HOME].find((folder) => folder?.startsWith('/'))
  // In a folder that all users share, each has one of its own.
  const folder = base === undefined ? `camunda-auth-proxy-${ownUid() ?? 'user'}` : 'camunda-auth-proxy'
  return { path: join(base ?? tmpdir(), folder, 'state.json'), ownFolder: true }
}

/**
 * Remembers refusals in a file, for a process that is started after this one. Nothing that is wrong with the file stops
 * anything: `onTrouble` hears of it, once, and what is not remembered is asked for again. Several processes may share a
 * file: each change is made to what is there, and appears whole or not at all; of two at the same moment, one may be lost.
 */
export function refusalsFile(
  file: StateFile,
  onTrouble: (sentence: string) => void,
  now: () => number = Date.now,
): Memory {
  let isTold = false
  /** One change after the other. */
  let changes = Promise.resolve()
  const tell = (error: unknown) => {
    if (isTold) return
    isTold = true
    onTrouble(`a restart will not know of refusals: the state file ${file.path} ${whatIsWrong(error)}`)
  }
  const entries = async () => {
    try {
      return parseRefusals(await read(file), now())
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') tell(error)
      return new Map<string, Refusal>()
    }
  }
  const change = async (identity: string, refusal: Refusal | undefined) => {
    await checkFolder(file, true)
    const all = await entries()
    if (refusal === undefined) all.delete(identity)
    else all.set(identity, refusal)
    await replace(file.path, formatRefusals(all))
  }
  return {
    place: file.path,
    recall: async (identity) => (await entries()).get(identity),
    note(identity, refusal) {
      changes = changes.then(() => change(identity, refusal)).catch(tell)
      return changes
    },
  }
}

async function read(file: StateFile): Promise<string> {
  await checkFolder(file, false)
  const handle = await open(file.path, TO_READ)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw unusable('is not a regular file')
    if (!isOurs(stats.uid)) throw unusable('belongs to another user')
    // One byte more than allowed tells that there is more.
    const bytes = Buffer.alloc(MAX_REFUSALS_BYTES + 1)
    const { bytesRead } = await handle.read(bytes, 0, bytes.length, 0)
    if (bytesRead > MAX_REFUSALS_BYTES) throw unusable('is longer than 64 KiB')
    return bytes.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}

/** Whoever reads it finds the old text or the new one, whenever this process is killed. */
async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const handle = await open(draft, 'wx', FILE_MODE)
    try {
      await handle.writeFile(text)
    } finally {
      await handle.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {})
    throw error
  }
}

/** In a folder such as `/tmp` somebody else may have been there first, with a folder or a link of theirs. */
async function checkFolder({ path, ownFolder }: StateFile, isToBeMade: boolean): Promise<void> {
  if (!ownFolder) return
  const folder = dirname(path)
  if (isToBeMade)
    await mkdir(folder, { mode: OWNER_ONLY, recursive: true }).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error
    })
  const stats = await lstat(folder)
  if (!stats.isDirectory()) throw unusable('has something that is no folder above it')
  if (!isOurs(stats.uid)) throw unusable('is in a folder of another user')
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0)
    throw unusable('is in a folder that other users may enter')
}

function isOurs(uid: number): boolean {
  const own = ownUid()
  return own === undefined || uid === own
}

function ownUid(): number | undefined {
  return process.geteuid?.()
}

function unusable(fault: string): Error {
  return Object.assign(new Error(fault), { code: 'UNUSABLE' })
}

function whatIsWrong(error: unknown): string {
  if (error instanceof SyntaxError) return 'does not hold what this program writes'
  const code = errorCode(error)
  if (code === 'UNUSABLE' && error instanceof Error) return error.message
  return `cannot be used (${code ?? 'unknown'})`
}
