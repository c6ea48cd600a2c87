import { Ajv } from 'ajv'
import { type SettingFault, SettingsError } from '../errors.ts'
import { digestsOf, keepStaying, type Staying, stayingOf } from './changes.ts'
import { clusterProperties } from './cluster-schema.ts'
import { type Layer, type Ranked, type ReadFile, readLayers, readText } from './layers.ts'
import { proxyProperties } from './proxy-schema.ts'
import { resolve } from './resolve.ts'
import {
  clusterSettingNames,
  type RawSettings,
  type SettingName,
  settingNames,
  settingSchema,
} from './schema.ts'
import { exposureWarnings } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Given } from './work.ts'

export interface LoadedSettings {
  settings: Settings
  /** Each setting that has a value, as it is in force, with its source: a secret's value is left out. */
  effective: EffectiveSetting[]
  /** Things that work and are probably not meant. */
  warnings: string[]
  /** What stays as long as the process runs. */
  staying: Staying
  /** Settings that are different from those in force, which stay. */
  needsRestart: SettingName[]
  /** By name, as in `effective`: equal where a value is. */
  digests: ReadonlyMap<string, string>
}

export interface EffectiveSetting {
  /** As in the file, with `clusters.NAME.` before that of an entry. */
  name: string
  /** Undefined for a secret. */
  value: unknown
  source: string
}

const ajvOptions = {
  allErrors: true,
  strict: true,
  // Its errors would hold the values.
  verbose: false,
  coerceTypes: false,
  useDefaults: false,
  // The schema is ours, and a test checks it; checking it at each start takes 5 MB.
  meta: false,
  validateSchema: false,
  // Each is used a few times: to optimize its code takes longer than to run it.
  code: { optimize: false },
} as const

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings: flags > environment > file > defaults.
 * @param args what follows the command on the command line
 * @param readFile reads a configuration or env file; those of secrets and certificates are read as they are now
 * @param above what goes before all of them, such as where a socket listens that is there already
 * @param staying of a process that is to go on with new settings: what it cannot change
 * @throws SettingsError with everything that is wrong
 */
export async function loadSettings(
  args: readonly string[],
  env: Environment,
  readFile: ReadFile = readText,
  above?: Layer,
  staying?: Staying,
): Promise<LoadedSettings> {
  const read = await readFound(args, env, readFile, above)
  const { found, clusters, faults, warnings, secretFiles } = read
  const needsRestart = staying === undefined ? [] : keepStaying(found, staying)
  const resolved = await resolve(
    given(found, '', faults),
    new Map([...clusters].map(([name, entry]) => [name, given(entry, prefixOf(name), faults)])),
  )
  faults.push(...resolved.faults)
  if (faults.length > 0 || resolved.settings === undefined) throw new SettingsError(faults, warnings)
  return {
    settings: resolved.settings,
    staying: stayingOf(found),
    needsRestart,
    digests: digestsOf(found, clusters),
    effective: [
      ...effective(settingNames, found, resolved.derived, ''),
      ...[...clusters].flatMap(([name, entry]) =>
        effective(clusterSettingNames, entry, new Map(), prefixOf(name)),
      ),
    ],
    warnings: [
      ...warnings,
      ...resolved.warnings,
      ...exposureWarnings([...secretFiles, ...resolved.secretFiles]),
    ],
  }
}

/** Reads files, and keeps what it has read: for who has to read the same again, though they may have changed. */
export function keepTexts(): {
  files: ReadonlyMap<string, string>
  /** Those that could not be read among them. */
  tried: ReadonlyMap<string, string | undefined>
  readFile: ReadFile
} {
  const files = new Map<string, string>()
  const tried = new Map<string, string | undefined>()
  const readFile = (path: string) => {
    tried.set(path, undefined)
    const text = readText(path)
    tried.set(path, text)
    files.set(path, text)
    return text
  }
  return { files, tried, readFile }
}

/**
 * Reads some settings for a command that needs no others, and is not held up by what is wrong with those.
 * @throws SettingsError with what is wrong with the named ones or with the command line
 */
export async function loadSome<N extends SettingName>(
  names: readonly N[],
  args: readonly string[],
  env: Environment,
): Promise<Pick<RawSettings, N>> {
  const { found, faults } = await readFound(args, env, readText)
  const relevant = faults.filter(
    ({ setting, source }) => source === 'command line' || ['config', 'env-file', ...names].includes(setting),
  )
  if (relevant.length > 0) throw new SettingsError(relevant)
  return valuesOf(found, new Set()) as Pick<RawSettings, N>
}

async function readFound(args: readonly string[], env: Environment, readFile: ReadFile, above?: Layer) {
  const { clusters: entries, ...read } = await readLayers(args, env, readFile)
  const { faults, warnings, secretFiles } = read
  const layers = above === undefined ? read.layers : [above, ...read.layers]
  const found = findAll(settingNames, layers)
  const clusters = new Map(entries.map(({ name, layer }) => [name, findAll(clusterSettingNames, [layer])]))
  const isValid = validator()
  faults.push(...invalid(found, '', isValid))
  for (const [name, entry] of clusters) faults.push(...invalid(entry, prefixOf(name), isValid))
  return { found, clusters, faults, warnings, secretFiles }
}

function prefixOf(cluster: string): string {
  return `clusters.${cluster}.`
}

function findAll(names: readonly SettingName[], layers: readonly Layer[]): Map<SettingName, Ranked> {
  const found = new Map<SettingName, Ranked>()
  for (const name of names) {
    const value = fromLayers(name, layers)
    if (value !== undefined)
      found.set(name, { ...value, value: value.text ? fromText(name, value.value) : value.value })
  }
  return found
}

/** What there is to work with, and what is wrong with it already; `prefix` stands before the names in `faults`. */
function given(
  found: ReadonlyMap<SettingName, Ranked>,
  prefix: string,
  faults: readonly SettingFault[],
): Given {
  const own = faults.filter(({ setting }) => setting.startsWith(prefix))
  const unusable = new Set(own.map(({ setting }) => setting.slice(prefix.length)))
  return { raw: valuesOf(found, unusable), found, unusable }
}

function valuesOf(
  found: ReadonlyMap<SettingName, Ranked>,
  except: ReadonlySet<string>,
): Partial<RawSettings> {
  return Object.fromEntries(
    [...found].filter(([name]) => !except.has(name)).map(([name, { value }]) => [name, value]),
  )
}

function fromLayers(name: SettingName, layers: readonly Layer[]): Ranked | undefined {
  for (const [rank, layer] of layers.entries()) {
    const found = layer(name)
    if (found !== undefined) return { ...found, rank }
  }
  const value = settingSchema(name).default
  return value === undefined ? undefined : { value, text: false, source: 'default', rank: layers.length }
}

/** Reads a text as what the setting is. What cannot be read stays a text, for the validation to refuse. */
function fromText(name: SettingName, value: unknown): unknown {
  const { type, enum: choices, anyOf, secret } = settingSchema(name)
  // Blanks may be part of a password; a line break at its end is not, as in a file.
  const given = String(value)
  const text = secret && given.trim() !== '' ? given.replace(/(\r?\n)+$/, '') : given.trim()
  if ((type === 'integer' || anyOf !== undefined) && /^\d+$/.test(text)) return Number(text)
  if (type === 'boolean')
    return { true: true, '1': true, false: false, '0': false }[text.toLowerCase()] ?? text
  if (type === 'object') return Object.fromEntries(new URLSearchParams(text))
  if (type === 'array')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  if (choices !== undefined)
    return choices.find((choice) => choice.toLowerCase() === text.toLowerCase()) ?? text
  return text
}

/** Validates one setting at a time, so that a fault is told by its name alone; compiled when it is needed. */
function validator(): (name: SettingName, value: unknown) => boolean {
  const ajv = new Ajv(ajvOptions)
  ajv.addVocabulary(['expected', 'secret', 'common'])
  const properties: Record<string, object> = { ...clusterProperties, ...proxyProperties }
  return (name, value) => ajv.validate(properties[name] ?? false, value)
}

function invalid(
  found: ReadonlyMap<SettingName, Ranked>,
  prefix: string,
  isValid: (name: SettingName, value: unknown) => boolean,
): SettingFault[] {
  return [...found]
    .filter(([name, { value, source }]) => source !== 'default' && !isValid(name, value))
    .map(([name, { source }]) => ({
      setting: prefix + name,
      source,
      expected: settingSchema(name).expected,
    }))
}

function effective(
  names: readonly SettingName[],
  found: ReadonlyMap<SettingName, Ranked>,
  derived: ReadonlyMap<SettingName, Ranked>,
  prefix: string,
): EffectiveSetting[] {
  return names.flatMap((name) => {
    const value = found.get(name) ?? derived.get(name)
    const { secret, common } = settingSchema(name)
    // Most are of no interest where nobody has set them.
    if (value === undefined || (value.source === 'default' && (prefix !== '' || common !== true))) return []
    const shown = secret ? undefined : value.value
    return [{ name: prefix + name, value: shown, source: value.source }]
  })
}
