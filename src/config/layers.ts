import { readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import type { SettingFault } from '../errors.ts'
import { environmentNames, flagName, unknownVariables } from './camunda-env.ts'
import { errorCode } from './error-code.ts'
import {
  clusterSettingNames,
  isSecret,
  type SettingName,
  schema,
  settingNames,
  settingSchema,
} from './schema.ts'

/** A value as it was found, and where: `text` ones still have to be read as what the setting is. */
interface Found {
  value: unknown
  text: boolean
  source: string
}

/** A value in force, with the rank of its layer: the lower, the more binding. */
export interface Ranked extends Found {
  rank: number
}

/** One place that settings come from. */
export type Layer = (name: SettingName) => Found | undefined

export interface Layers {
  /** Most binding first. */
  layers: Layer[]
  /** The entries of `clusters`, by name, as the file has them. */
  clusters: { name: string; layer: Layer }[]
  faults: SettingFault[]
  warnings: string[]
  /** The files, env files among them, that say what must not be seen. */
  secretFiles: string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** The text of a file of settings. Throws as `readFileSync` does. */
export type ReadFile = (path: string) => string

export const readText: ReadFile = (path) => readFileSync(path, 'utf8')

/** Flags over environment over the files named by `--env-file` (a later one over an earlier) over the configuration file. */
export async function readLayers(
  args: readonly string[],
  env: Environment,
  readFile: ReadFile,
): Promise<Layers> {
  const faults: SettingFault[] = []
  const flags = readFlags(args, faults)
  const envFiles = (flags.meta.get('env-file') ?? []).map((path) => readEnvFile(path, readFile, faults))
  const merged: Environment = Object.assign({}, ...envFiles.map((file) => file.values), withoutEmpty(env))
  const configPath = flags.meta.get('config')?.at(-1) ?? merged.CAMUNDA_PROXY_CONFIG
  const file = configPath === undefined ? undefined : await readConfigFile(configPath, readFile, faults)
  const envLayers = envFiles
    .toReversed()
    .map(({ path, values }) => ({ path, layer: environmentLayer(values, `${path},`) }))
  const fileLayers =
    file === undefined
      ? []
      : [{ path: file.path, layer: mapLayer(file.values, settingNames, '', file.path, faults) }]
  const clusters = file === undefined ? [] : clusterLayers(file.values.clusters, file.path, faults)
  const ofClusters = clusters.map(({ layer }) => ({ path: file?.path ?? '', layer }))
  return {
    layers: [
      (name) => flags.found.get(name),
      environmentLayer(withoutEmpty(env), 'environment variable'),
      ...[...envLayers, ...fileLayers].map(({ layer }) => layer),
    ],
    clusters,
    faults,
    secretFiles: [...envLayers, ...fileLayers, ...ofClusters]
      .filter(({ layer }) => settingNames.some((name) => isSecret(name) && layer(name) !== undefined))
      .map(({ path }) => path),
    warnings: unknownVariables(Object.keys(merged), ['config', ...settingNames]).map(
      (name) =>
        `${name} is not a setting of this program${suggestion(name, settingNames.flatMap(environmentNames))}`,
    ),
  }
}

const META_FLAGS = ['config', 'env-file']

function readFlags(args: readonly string[], faults: SettingFault[]) {
  const found = new Map<SettingName, Found>()
  const meta = new Map<string, string[]>()
  const byFlag = new Map(settingNames.filter((name) => !isSecret(name)).map((name) => [flagName(name), name]))
  const fault = (setting: string, expected: string) =>
    faults.push({ setting, source: 'command line', expected })
  const { tokens } = parseArgs({ args: [...args], options: flagOptions(), strict: false, tokens: true })
  // An argument may be a secret: it is not shown, neither a stray one nor the one behind an unknown flag, which is its
  // value; and of short flags, which one argument may be taken for many of, only the first.
  let last = -1
  for (const token of tokens) {
    if (token.index <= last || token.kind === 'option-terminator') continue
    const expected = token.kind === 'option' ? readFlag(token, byFlag, found, meta) : 'a flag'
    if (expected === undefined) continue
    fault(token.kind === 'option' ? token.rawName : `argument ${token.index + 1}`, expected)
    last = token.kind === 'option' && !byFlag.has(token.name) ? token.index + 1 : token.index
  }
  return { found, meta }
}

interface FlagToken {
  name: string
  rawName: string
  value?: string | undefined
}

/** Files one flag where it belongs; returns what was expected instead if it belongs nowhere. */
function readFlag(
  token: FlagToken,
  byFlag: ReadonlyMap<string, SettingName>,
  found: Map<SettingName, Found>,
  meta: Map<string, string[]>,
): string | undefined {
  const { name, rawName, value } = token
  if (META_FLAGS.includes(name)) {
    if (value === undefined) return 'a path after it'
    meta.set(name, [...(meta.get(name) ?? []), value])
    return undefined
  }
  const setting = byFlag.get(name)
  if (setting === undefined) return unknownFlag(name, [...byFlag.keys()])
  const isSwitch = settingSchema(setting).type === 'boolean'
  if (value === undefined && !isSwitch) return settingSchema(setting).expected
  found.set(setting, { value: value ?? true, text: value !== undefined, source: `flag ${rawName}` })
  return undefined
}

function flagOptions(): Record<string, { type: 'string' | 'boolean' }> {
  const type = (name: SettingName) => (settingSchema(name).type === 'boolean' ? 'boolean' : 'string')
  const settings = settingNames.map((name) => [flagName(name), { type: type(name) }] as const)
  return Object.fromEntries([...settings, ...META_FLAGS.map((name) => [name, { type: 'string' }] as const)])
}

function unknownFlag(flag: string, known: readonly string[]): string {
  const secret = settingNames.find((name) => isSecret(name) && flagName(name) === flag)
  if (secret === undefined) return `a flag of this program${suggestion(flag, known)}`
  return `no secret on the command line, where process lists show it: use ${environmentNames(secret)[0]} or --${flagName(secret)}-file`
}

/** An empty variable is an unset one. */
function withoutEmpty(env: Environment): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    ),
  )
}

function environmentLayer(values: Environment, where: string): Layer {
  return (name) => {
    const variable = environmentNames(name).find((candidate) => values[candidate] !== undefined)
    return variable === undefined
      ? undefined
      : { value: values[variable], text: true, source: `${where} ${variable}` }
  }
}

/** parseEnv takes neither a byte order mark nor more than one blank around `export`. */
function plainLines(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/^[ \t]*export[ \t]+/gm, '')
}

/** Lines of `NAME=value`, with or without `export` and quotes: what the Console offers for download. */
function readEnvFile(
  path: string,
  readFile: ReadFile,
  faults: SettingFault[],
): { path: string; values: Record<string, string> } {
  try {
    return { path, values: withoutEmpty(parseEnv(plainLines(readFile(path))) as Environment) }
  } catch (error) {
    faults.push({ setting: 'env-file', source: path, expected: `a readable file (${reason(error)})` })
    return { path, values: {} }
  }
}

/** A map of the file as a layer; `prefix` goes before the names that it does not know. */
function mapLayer(
  values: Record<string, unknown>,
  known: readonly string[],
  prefix: string,
  path: string,
  faults: SettingFault[],
): Layer {
  for (const key of Object.keys(values)) {
    if (known.includes(key) || (prefix === '' && key === 'clusters')) continue
    const expected = `a setting of ${prefix === '' ? 'this program' : 'a cluster'}${suggestion(key, known)}`
    faults.push({ setting: prefix + key, source: path, expected })
  }
  return (name) =>
    values[name] == null || !known.includes(name)
      ? undefined
      : { value: values[name], text: false, source: path }
}

const CLUSTER_NAME = new RegExp(schema.properties.clusters.propertyNames.pattern)

function clusterLayers(clusters: unknown, path: string, faults: SettingFault[]): Layers['clusters'] {
  if (clusters == null) return []
  const entries = isMap(clusters) ? Object.entries(clusters) : []
  if (!isMap(clusters) || entries.length > schema.properties.clusters.maxProperties)
    faults.push({ setting: 'clusters', source: path, expected: 'a map from at most 1000 names to settings' })
  return entries.flatMap(([name, values]) => {
    const setting = `clusters.${name}`
    const isNamed = CLUSTER_NAME.test(name)
    const expected = isNamed ? 'a map of settings' : 'a name of letters, digits, dots and hyphens'
    if (!isNamed || !isMap(values)) {
      faults.push({ setting, source: path, expected })
      return []
    }
    return [{ name, layer: mapLayer(values, clusterSettingNames, `${setting}.`, path, faults) }]
  })
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** YAML, and therefore JSON too. */
async function readConfigFile(
  path: string,
  readFile: ReadFile,
  faults: SettingFault[],
): Promise<{ path: string; values: Record<string, unknown> }> {
  // Loaded where it is needed: most starts have no file.
  const { parse } = await import('yaml')
  const fault = (expected: string) => {
    faults.push({ setting: 'config', source: path, expected })
    return { path, values: {} }
  }
  let text: string
  try {
    text = readFile(path)
  } catch (error) {
    return fault(`a readable file (${reason(error)})`)
  }
  try {
    // Its warnings quote what they warn of.
    const options = { maxAliasCount: 1_000, merge: true, prettyErrors: false, logLevel: 'error' } as const
    const values: unknown = parse(text, options) ?? {}
    return isMap(values) ? { path, values } : fault('a map of settings')
  } catch {
    // The parser's own message quotes the line, which may hold a secret.
    return fault('valid YAML or JSON')
  }
}

function reason(error: unknown): string {
  return errorCode(error) ?? 'unknown'
}

/** The nearest known name, if one is near enough to have been meant. */
export function suggestion(name: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, distance: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0]
  // As many changes as letters make anything of anything.
  return nearest !== undefined && nearest.distance <= Math.min(3, name.length - 1)
    ? `; did you mean ${nearest.candidate}?`
    : ''
}

/** Levenshtein's edit distance. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[other.length] ?? 0
}
