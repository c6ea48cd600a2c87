import { createReadStream } from 'node:fs'
import { endianness } from 'node:os'
import { errorCode } from '../config/error-code.ts'

/** The ends of a connection as this proxy sees them: the caller's is the remote one. */
export interface Ends {
  remoteAddress?: string | undefined
  remotePort?: number | undefined
  localAddress?: string | undefined
  localPort?: number | undefined
}

/** Finds out which user's process made a connection; undefined if that cannot be told. Never rejects. */
export type FindUid = (ends: Ends) => Promise<number | undefined>

/** The text of a table of connections, piece by piece, until the signal is aborted. */
export type ReadTable = (path: string, signal: AbortSignal) => AsyncIterable<string>

type Found = Map<string, number | undefined>

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
/** Time enough for all the connections that a machine can have. */
const LIMIT_MS = 5_000
const TIME_WAIT = '06'
const NO_INODE = '0'

/**
 * Looks users up in the kernel's tables of TCP connections (proc(5), `/proc/net/tcp`). Those who ask while the tables
 * are being read share the next reading, which begins when that one has ended: there is never more than one. The kernel
 * may skip a row where another goes while it tells them, so who is not found is looked for a second time. A reading
 * takes 5 s at most, and nobody waits for more than four.
 */
export function uidFinder(readTable: ReadTable = readText): FindUid {
  let reading: Promise<unknown> | undefined
  let next: { found: Found; done: Promise<unknown> } | undefined
  const begin = () => {
    const found: Found = new Map()
    const done = Promise.resolve(reading).then(() => {
      next = undefined
      // What was found in half a table is not to be relied on.
      reading = lookUp(found, readTable).catch(() => found.clear())
      return reading
    })
    return { found, done }
  }
  const look = async (keys: readonly string[]) => {
    next ??= begin()
    const { found, done } = next
    for (const key of keys) found.set(key, undefined)
    await done
    return keys.map((key) => found.get(key)).find((uid) => uid !== undefined)
  }
  return async (ends) => {
    const keys = rowKeys(ends)
    return keys.length === 0 ? undefined : ((await look(keys)) ?? (await look(keys)))
  }
}

/** Fills in the users of the rows that are wanted. */
async function lookUp(wanted: Found, readTable: ReadTable): Promise<void> {
  const signal = AbortSignal.timeout(LIMIT_MS)
  for (const path of TABLES) {
    let rest = ''
    for await (const text of readTable(path, signal)) {
      const rows = (rest + text).split('\n')
      rest = rows.pop() ?? ''
      for (const row of rows) {
        const key = rowKey(row)
        if (wanted.has(key)) wanted.set(key, rowUid(row))
      }
    }
  }
}

/** The two ends as a row has them, behind its number: the part that is cheap to have of each row. */
export function rowKey(row: string): string {
  const from = row.indexOf(':') + 2
  return row.slice(from, row.indexOf(' ', row.indexOf(' ', from) + 1))
}

/**
 * The user who made the socket of a row. Undefined for one that no process holds any more: what waits for its time to
 * run out, or has been closed with something left to send, has no inode, and may say 0, which is not to be taken for root.
 */
export function rowUid(row: string): number | undefined {
  const [, , , state, , , , uid = '', , inode = NO_INODE] = row.trim().split(/\s+/, 10)
  const isHeld = state !== TIME_WAIT && inode !== NO_INODE && /^\d+$/.test(inode)
  return isHeld && /^\d{1,10}$/.test(uid) ? Number(uid) : undefined
}

/** The keys of the caller's row: what is remote here is local there. An IPv4 connection can be in either table. */
export function rowKeys({ remoteAddress, remotePort, localAddress, localPort }: Ends): string[] {
  if (remotePort === undefined || localPort === undefined) return []
  const locals = addressForms(remoteAddress)
  const remotes = addressForms(localAddress)
  if (locals.length !== remotes.length) return []
  return locals.map((local, i) => `${local}:${portHex(remotePort)} ${remotes[i]}:${portHex(localPort)}`)
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex')

/** An address in the kernel's hexadecimal: as IPv6, and then as IPv4 if it is one. */
function addressForms(address = ''): string[] {
  const bytes = addressBytes(address.split('%', 1)[0] ?? '')
  if (bytes === undefined) return []
  const isIpv4 = bytes.subarray(0, 12).equals(MAPPED)
  return isIpv4 ? [wordsHex(bytes), wordsHex(bytes.subarray(12))] : [wordsHex(bytes)]
}

/** The 16 bytes of an address in the notation of RFC 4291 section 2.2, or of an IPv4 one; undefined if it is none. */
function addressBytes(address: string): Buffer | undefined {
  const url = `http://[${address.includes(':') ? address : `::ffff:${address}`}]/`
  if (!URL.canParse(url)) return undefined
  // In plain groups now, also if IPv4 stood at its end.
  const halves = new URL(url).hostname.slice(1, -1).split('::')
  const [head = [], tail = []] = halves.map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = new Array<string>(8 - head.length - tail.length).fill('0')
  return Buffer.from([...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** The kernel prints an address as numbers of 32 bits, each as this machine reads it from the wire. */
function wordsHex(bytes: Buffer): string {
  const read = endianness() === 'LE' ? 'readUInt32LE' : 'readUInt32BE'
  const words = Array.from({ length: bytes.length / 4 }, (_, i) => bytes[read](i * 4))
  return words.map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('')
}

function portHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0')
}

async function* readText(path: string, signal: AbortSignal): AsyncGenerator<string> {
  try {
    yield* createReadStream(path, { encoding: 'latin1', signal }) as AsyncIterable<string>
  } catch (error) {
    // Without IPv6, there is no table of it.
    if (errorCode(error) !== 'ENOENT') throw error
  }
}
