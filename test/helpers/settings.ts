import type { BaseUrl } from '../../src/config/base-url.ts'
import { type LoadedSettings, loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import { type SettingFault, SettingsError } from '../../src/errors.ts'

/** The least that makes usable settings. */
export const ENOUGH: Record<string, string> = {
  CAMUNDA_REST_ADDRESS: 'https://cluster.example',
  CAMUNDA_CLIENT_ID: 'id',
  CAMUNDA_CLIENT_SECRET: 'canary-secret-4f1b',
}

/** Loads the settings from enough and something more; an empty string takes a variable away. */
export function load(env: Record<string, string> = {}, args: string[] = []): Promise<LoadedSettings> {
  return loadSettings(args, { ...ENOUGH, ...env })
}

/** What is wrong with settings that cannot be used. */
export async function faults(
  env: Record<string, string> = {},
  args: string[] = [],
): Promise<readonly SettingFault[]> {
  try {
    await load(env, args)
  } catch (error) {
    if (error instanceof SettingsError) return error.faults
    throw error
  }
  return []
}

/** All that the user gets to read about settings that cannot be used. */
export async function complaint(env: Record<string, string> = {}, args: string[] = []): Promise<string> {
  try {
    await load(env, args)
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
  return ''
}

/** The settings that are at fault, by name. */
export async function faulty(env: Record<string, string> = {}, args: string[] = []): Promise<string[]> {
  return (await faults(env, args)).map((fault) => fault.setting)
}

/** A setting as it is in force, and where it came from. */
export function inForce(
  loaded: LoadedSettings,
  name: string,
): { value: unknown; source: string } | undefined {
  const found = loaded.effective.find((setting) => setting.name === name)
  return found && { value: found.value, source: found.source }
}

/** The address of the cluster at `/v2`. */
export function addressOf(settings: Settings): BaseUrl | undefined {
  return settings.defaultCluster.apis.get('v2')?.address
}

/** What its tokens are asked for with. */
export function oauthOf(settings: Settings) {
  const auth = settings.defaultCluster.apis.get('v2')?.auth
  if (auth?.strategy !== 'OAUTH') throw new Error(`it authenticates by ${auth?.strategy}`)
  const { identityProvider, clientId, clientAuth, audience, scope } = auth
  if (!('tokenUrl' in identityProvider) || !('secret' in clientAuth)) throw new Error('it is no plain client')
  return { tokenUrl: identityProvider.tokenUrl, clientId, clientSecret: clientAuth.secret, audience, scope }
}
