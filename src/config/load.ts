import { Ajv } from 'ajv'
import { type SettingFault, SettingsError } from '../errors.ts'
import { type Layer, type Ranked, readLayers } from './layers.ts'
import { resolve, type Settings } from './resolve.ts'
import { type RawSettings, type SettingName, schema, settingNames, settingSchema } from './schema.ts'

export interface LoadedSettings {
  settings: Settings
  /** Each setting that has a value, as it is in force, with its source: a secret's value is left out. */
  effective: EffectiveSetting[]
  /** Things that work and are probably not meant. */
  warnings: string[]
}

export interface EffectiveSetting {
  name: SettingName
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
} as const

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings: flags > environment > file > defaults.
 * @param args what follows the command on the command line
 * @throws SettingsError with everything that is wrong
 */
export async function loadSettings(args: readonly string[], env: Environment): Promise<LoadedSettings> {
  const { found, faults, warnings } = await readFound(args, env)
  const unusable = new Set(faults.map((fault) => fault.setting))
  const resolved = resolve(valuesOf(found, unusable), (name) => found.get(name), unusable)
  faults.push(...resolved.faults)
  if (faults.length > 0 || resolved.settings === undefined) throw new SettingsError(faults, warnings)
  return {
    settings: resolved.settings,
    effective: effective(found, resolved.derived),
    warnings: [...warnings, ...resolved.warnings],
  }
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
  const { found, faults } = await readFound(args, env)
  const relevant = faults.filter(
    ({ setting, source }) => source === 'command line' || ['config', 'env-file', ...names].includes(setting),
  )
  if (relevant.length > 0) throw new SettingsError(relevant)
  return valuesOf(found, new Set()) as Pick<RawSettings, N>
}

async function readFound(args: readonly string[], env: Environment) {
  const { layers, faults, warnings } = await readLayers(args, env)
  const found = new Map<SettingName, Ranked>()
  for (const name of settingNames) {
    const value = fromLayers(name, layers)
    if (value !== undefined)
      found.set(name, { ...value, value: value.text ? fromText(name, value.value) : value.value })
  }
  faults.push(...invalid(valuesOf(found, new Set()), found))
  return { found, faults, warnings }
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
  const text = String(value).trim()
  const { type, enum: choices, anyOf } = settingSchema(name)
  if ((type === 'integer' || anyOf !== undefined) && /^\d+$/.test(text)) return Number(text)
  if (type === 'boolean')
    return { true: true, '1': true, false: false, '0': false }[text.toLowerCase()] ?? text
  if (type === 'array')
    return text
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  if (choices !== undefined)
    return choices.find((choice) => choice.toLowerCase() === text.toLowerCase()) ?? text
  return text
}

function invalid(raw: object, found: ReadonlyMap<SettingName, Ranked>): SettingFault[] {
  const ajv = new Ajv(ajvOptions)
  ajv.addVocabulary(['expected', 'secret'])
  ajv.validate(schema, raw)
  const names = new Set((ajv.errors ?? []).map((error) => error.instancePath.split('/')[1]))
  return settingNames
    .filter((name) => names.has(name))
    .map((setting) => ({
      setting,
      source: found.get(setting)?.source ?? 'not set',
      expected: settingSchema(setting).expected,
    }))
}

function effective(
  found: ReadonlyMap<SettingName, Ranked>,
  derived: ReadonlyMap<SettingName, Ranked>,
): EffectiveSetting[] {
  return settingNames.flatMap((name) => {
    const value = found.get(name) ?? derived.get(name)
    if (value === undefined) return []
    return [{ name, value: settingSchema(name).secret ? undefined : value.value, source: value.source }]
  })
}
