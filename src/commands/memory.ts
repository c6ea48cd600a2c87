import type { Settings } from '../config/settings.ts'
import { refusalsFile, usualStateFile } from '../credentials/refusals-file.ts'
import type { Memory } from '../credentials/remembering.ts'

/** Where the settings have refusals remembered; undefined if nowhere. `onTrouble` hears why they cannot be. */
export function memoryOf(
  { stateFile }: Settings,
  onTrouble: (sentence: string) => void,
  env: Readonly<Record<string, string | undefined>>,
): Memory | undefined {
  if (stateFile === 'off') return undefined
  const file = stateFile === undefined ? usualStateFile(env) : { path: stateFile, ownFolder: false }
  return refusalsFile(file, onTrouble)
}
