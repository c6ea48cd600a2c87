import { readFileSync } from 'node:fs'

/** The limits of this process, where the system tells them. */
const LIMITS = '/proc/self/limits'
/** For identity providers, files, the log, other processes of this proxy and Node itself. */
const RESERVE = 32
/** A caller's connection, and one to the cluster. */
const FOR_EACH = 2
const FEWEST = 4
const MOST = 16_384

/** How many callers there is room for, and why no more. */
export interface Capacity {
  connections: number
  /** How many files the process may have open; undefined: it is not known, or no limit of this size. */
  openFiles: number | undefined
}

/** What this process may serve at once: Node has raised its limit of open files as far as it may. */
export function capacity(): Capacity {
  try {
    return capacityWithin(readFileSync(LIMITS, 'utf8'))
  } catch {
    return capacityWithin('')
  }
}

/** The same for what Linux says of a process in `/proc/self/limits`. */
export function capacityWithin(limits: string): Capacity {
  const soft = /^Max open files\s+(\d+)\s/m.exec(limits)?.[1]
  if (soft === undefined) return { connections: MOST, openFiles: undefined }
  const connections = Math.floor((Number(soft) - RESERVE) / FOR_EACH)
  return { connections: Math.min(MOST, Math.max(FEWEST, connections)), openFiles: Number(soft) }
}
