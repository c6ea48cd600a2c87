import { unwatchFile, watchFile } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { SettingsError } from '../errors.ts'
import { type NamedCaller, parseCallers } from './callers.ts'

export interface CallersFile {
  /** As of now. */
  callers(): readonly NamedCaller[]
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
  const first = await readCallers(path)
  if ('faults' in first) {
    throw new SettingsError(
      first.faults.map((fault) => {
        const [setting = '', expected] = fault.split(/: expected |^expected /)
        return { setting: setting || 'callersFile', source: path, expected: expected ?? fault }
      }),
    )
  }
  let { callers } = first
  const onChange = async () => {
    const next = await readCallers(path)
    if ('callers' in next) callers = next.callers
    onReload('faults' in next ? next.faults : [])
  }
  watchFile(path, { interval: WATCH_MS, persistent: false }, onChange)
  return { callers: () => callers, close: () => unwatchFile(path, onChange) }
}

async function readCallers(path: string): Promise<ReturnType<typeof parseCallers>> {
  // Loaded where it is needed: most starts have no such file.
  const { parse } = await import('yaml')
  try {
    const text = await readFile(path, 'utf8')
    if (text.length > MAX_BYTES) return { faults: ['callersFile: expected a file of 4 MiB at most'] }
    return parseCallers(parse(text, { maxAliasCount: 100, prettyErrors: false, logLevel: 'error' }))
  } catch (error) {
    // The parser's own message quotes the line.
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    const isFile = error instanceof Error && 'syscall' in error
    return {
      faults: [`callersFile: expected ${isFile ? `a readable file (${code})` : 'valid YAML or JSON'}`],
    }
  }
}
