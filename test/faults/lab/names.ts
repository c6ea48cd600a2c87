import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Test } from 'tap'

export interface Names {
  /** What the program has to find in its environment. */
  env: Record<string, string>
  /** From now on these names of the domain `test` have these addresses, and no others exist. */
  are(addresses: Record<string, string>): void
}

/** A name service of a row's own, for names that end in `.test`: see names.mjs. */
export function nameService(t: Test, first: Record<string, string>): Names {
  const folder = mkdtempSync(join(tmpdir(), 'names-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'names.json')
  const are: Names['are'] = (addresses) => writeFileSync(file, JSON.stringify(addresses))
  are(first)
  return {
    env: { NODE_OPTIONS: `--import=${resolve('test/faults/lab/names.mjs')}`, LAB_NAMES: file },
    are,
  }
}
