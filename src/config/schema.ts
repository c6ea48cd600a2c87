import type { XStatic } from 'typebox/schema'
import { clusterProperties } from './cluster-schema.ts'
import type { Note } from './notes.ts'
import { proxyProperties } from './proxy-schema.ts'

const properties = { ...clusterProperties, ...proxyProperties } as const

/** One entry of `clusters`. */
const clusterSchema = {
  type: 'object',
  additionalProperties: false,
  properties: clusterProperties,
} as const

/** The one schema of the settings: their type, validation, defaults and documentation come from it. */
export const schema = {
  $id: 'urn:camunda-auth-proxy:settings',
  title: 'Settings of camunda-auth-proxy',
  type: 'object',
  additionalProperties: false,
  properties: {
    ...properties,
    clusters: {
      type: 'object',
      description:
        'Several clusters in one process, by name; each is served at `/clusters/NAME/v2/…` and has settings of its own. Only in the file.',
      propertyNames: { pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' },
      maxProperties: 1_000,
      additionalProperties: clusterSchema,
    },
  },
} as const

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer I)[] ? I[] : T[K] }
type WithDefault<P> = { [K in keyof P]: P[K] extends { default: unknown } ? K : never }[keyof P]
/** Settings as they are written, defaults filled in, before anything is worked out from them. */
type Written<P extends object> = {
  [K in keyof P]?: P[K] extends object ? XStatic<P[K]> : never
} & { [K in WithDefault<P>]: P[K] extends object ? XStatic<P[K]> : never }

export type RawCluster = Mutable<Written<typeof clusterProperties>>
type RawProxy = Mutable<Written<typeof proxyProperties>>
export type RawSettings = RawCluster & RawProxy
export type ClusterSettingName = keyof typeof clusterProperties
export type SettingName = keyof typeof properties

export const clusterSettingNames = Object.keys(clusterProperties) as ClusterSettingName[]
/** All of them but `clusters`, which holds settings and is none. */
export const settingNames = Object.keys(properties) as SettingName[]

/** The part of the schema that describes one setting. */
export function settingSchema(
  name: SettingName,
): Note & { type?: string; enum?: readonly string[]; anyOf?: unknown } {
  return properties[name]
}

/** Whether a setting's value must never be shown. */
export function isSecret(name: SettingName): boolean {
  return settingSchema(name).secret === true
}
