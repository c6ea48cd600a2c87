import { unwatchFile, watchFile } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { SettingsError } from '../errors.ts'
import { type Callers, parseCallers } from './callers.ts'
import { errorCode } from './error-code.ts'
import { mayBlock } from './secrets.ts'

export interface CallersFile {
  /** As of now. */
  callers(): Callers
  close(): void
}

/** How often the file is looked at, in milliseconds. */
const WATCH_MS = 1_000
const MAX_BYTES = 4 * 1024 * 1024

/**
 * Reads the file of named callers, and again whenever it changes. A change that cannot be read leaves things as they
 * are, and `onReload` hears what is wrong with it; of one that can be read, it hears nothing but that.
 * @throws SettingsError with everything that is wrong with it at the start
 */
export async function openCallersFile(
  path: string,
  onReload: (faults: readonly string[]) => void,
): Promise<CallersFile> {
  let current: Callers | undefined
  const read = async () => {
    const next = await readCallers(path)
    if ('callers' in next) current = next.callers
    return 'faults' in next ? next.faults : []
  }
  // One after the other, so that the last one read is the newest.
  let reading: Promise<void> | undefined
  const onChange = () => {
    reading = Promise.resolve(reading).then(async () => onReload(await read()))
  }
  // Before it is read: what changes meanwhile shall not go unseen.
  watchFile(path, { interval: WATCH_MS, persistent: false }, onChange)
  const close = () => unwatchFile(path, onChange)
  const faults = await read()
  const first = current as Callers | undefined // set by `read`
  if (first === undefined) {
    close()
    throw settingsError(path, faults)
  }
  return { callers: () => current ?? first, close }
}

/** What completes no "expected …" is a note on the faults before it. */
function settingsError(path: string, faults: readonly string[]): SettingsError {
  const parts = faults.map((fault) => fault.split(/: expected |^expected /))
  return new SettingsError(
    parts.flatMap(([setting, expected]) =>
      expected === undefined ? [] : [{ setting: setting || 'callersFile', source: path, expected }],
    ),
    parts.flatMap(([note = '', expected]) => (expected === undefined ? [note] : [])),
  )
}

async function readCallers(path: string): Promise<ReturnType<typeof parseCallers>> {
  // Loaded where it is needed: most starts have no such file.
  const { parse } = await import('yaml')
  try {
    const stats = await stat(path)
    if (mayBlock(stats)) return { faults: ['callersFile: expected a regular file'] }
    if (stats.size > MAX_BYTES) return { faults: ['callersFile: expected a file of 4 MiB at most'] }
    const text = await readFile(path, 'utf8')
    return parseCallers(parse(text, { maxAliasCount: 100, prettyErrors: false, logLevel: 'error' }))
  } catch (error) {
    // The parser's own message quotes the line.
    const code = errorCode(error) ?? 'unknown'
    const isFile = error instanceof Error && 'syscall' in error
    return {
      faults: [`callersFile: expected ${isFile ? `a readable file (${code})` : 'valid YAML or JSON'}`],
    }
  }
}
