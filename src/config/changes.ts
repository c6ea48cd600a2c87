import { createHash } from 'node:crypto'
import type { Ranked } from './layers.ts'
import type { SettingName } from './schema.ts'

type Found = Map<SettingName, Ranked>

/** What a process cannot change while it runs: where it listens, of how many processes it is, what it has read already. */
const STAYING = [
  'host',
  'port',
  'socket',
  'adminHost',
  'adminPort',
  'adminSocket',
  'workers',
  'stateFile',
  'tracing',
] as const

/** Of these settings, those that have a value. */
export type Staying = ReadonlyMap<SettingName, Ranked>

export function stayingOf(found: Found): Staying {
  return new Map([...found].filter(([name]) => (STAYING as readonly string[]).includes(name)))
}

/** Puts what stays in the place of what was found; returns the names of what is different there. */
export function keepStaying(found: Found, staying: Staying): SettingName[] {
  const different = STAYING.filter((name) => digest(found.get(name)) !== digest(staying.get(name)))
  for (const name of STAYING) {
    const inForce = staying.get(name)
    if (inForce === undefined) found.delete(name)
    else found.set(name, inForce)
  }
  return different
}

/** What tells one value of a setting from another and does not give it away, by its name as in the file. */
export function digestsOf(found: Found, clusters: ReadonlyMap<string, Found>): Map<string, string> {
  const all = [...found].map(([name, value]) => [name as string, digest(value)] as const)
  const ofClusters = [...clusters].flatMap(([cluster, entry]) =>
    [...entry].map(([name, value]) => [`clusters.${cluster}.${name}`, digest(value)] as const),
  )
  return new Map([...all, ...ofClusters])
}

/** The names of the settings whose values are not the same, those that one of the two does not have among them. */
export function changesBetween(
  one: ReadonlyMap<string, string>,
  other: ReadonlyMap<string, string>,
): string[] {
  const names = new Set([...one.keys(), ...other.keys()])
  return [...names].filter((name) => one.get(name) !== other.get(name))
}

function digest(value: Ranked | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(value?.value) ?? '')
    .digest('base64url')
}
