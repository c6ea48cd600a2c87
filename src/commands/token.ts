import { ASKING_HEADER } from '../admin/token.ts'
import { loadSettings } from '../config/load.ts'
import type { ApiSettings, ClusterSettings, Settings } from '../config/settings.ts'
import { SettingsError } from '../errors.ts'
import { acquireOnce } from './acquire.ts'
import { type AdminPlace, askAdmin, findAdmin, placeOf, textOf } from './ask-admin.ts'
import {
  badFlag,
  type Command,
  type CommandContext,
  CommandError,
  ExitCode,
  takeFlag,
  takeSwitch,
} from './command.ts'
import { memoryOf } from './memory.ts'
import { progressOn } from './progress.ts'

/** More than the running proxy lets anybody wait for a credential. */
const PATIENCE_MS = 15_000
const BEARER = 'Bearer '

interface Wish {
  cluster: string | undefined
  /** Whole header lines, not the token alone. */
  header: boolean
}

/** `camunda-auth-proxy token [--header] [--cluster NAME]`: the credential that a request would carry now, on stdout. */
export const token: Command = async (context) => {
  const { isOn: header, rest } = takeSwitch(context.args, 'header')
  const { value: cluster, rest: args } = takeFlag(rest, 'cluster')
  const progress = progressOn(context.stderr)
  const tell = (way: string) => {
    if (context.verbose === true) context.stderr.write(`${way}\n`)
    else progress.show(`${way} …`)
  }
  try {
    const wish = { cluster, header }
    const headers =
      (await fromProxy(wish, { ...context, args }, tell)) ??
      (await ownAttempt(wish, { ...context, args }, tell))
    const text = header ? headerLines(headers) : bearerToken(headers)
    progress.clear()
    context.stdout.write(`${text}\n`)
    return ExitCode.ok
  } finally {
    progress.clear()
  }
}

type Context = Pick<CommandContext, 'args' | 'env' | 'stderr'>

/** Flat headers of the running proxy; undefined where it is not to be asked, or none runs that can be. */
async function fromProxy(
  { cluster }: Wish,
  { args, env }: Context,
  tell: (way: string) => void,
): Promise<string[] | undefined> {
  const place = await findSharing(args, env)
  if (place === undefined) return undefined
  const path = `/token${cluster === undefined ? '' : `?cluster=${encodeURIComponent(cluster)}`}`
  tell(`asking the running proxy at ${placeOf(place, '/token')}`)
  const answer = await askAdmin(place, path, PATIENCE_MS, { [ASKING_HEADER]: 'token' }).catch(() => undefined)
  if (answer === undefined) return undefined
  const headers = headersOf(answer.body)
  if (answer.status === 200 && headers !== undefined) return headers
  const why = textOf(answer.body, 'detail') ?? `it answers status ${answer.status}`
  // It runs without shareToken, or it is another program: as if none ran.
  if (answer.status === 404 && textOf(answer.body, 'type')?.endsWith(':unknown-cluster') !== true)
    return undefined
  throw new CommandError(`the running proxy gives no token: ${why}`)
}

/** The admin listener, if the settings say that it gives the credential to whoever asks. */
async function findSharing(
  args: readonly string[],
  env: CommandContext['env'],
): Promise<AdminPlace | undefined> {
  try {
    const { shareToken, ...place } = await findAdmin(args, env)
    return shareToken ? place : undefined
  } catch (error) {
    // What is wrong with the settings is told when all of them are read.
    if (error instanceof SettingsError) return undefined
    throw error
  }
}

async function ownAttempt(
  { cluster: name, header }: Wish,
  { args, env, stderr }: Context,
  tell: (way: string) => void,
): Promise<readonly string[]> {
  const { settings } = await loadSettings(args, env)
  const cluster = clusterOf(settings, name)
  const { strategy } = (cluster.apis.get('v2') as ApiSettings).auth // always served
  // Nobody is to be asked for what will not be printed.
  if (strategy === 'NONE') throw nothing()
  if (!header && (strategy === 'BASIC' || strategy === 'COOKIE')) throw noToken()
  tell(`getting a token of its own (${strategy})`)
  return acquireOnce(
    cluster,
    memoryOf(settings, (trouble) => stderr.write(`warning: ${trouble}\n`), env),
  )
}

function clusterOf({ clusters, defaultCluster }: Settings, name: string | undefined): ClusterSettings {
  const cluster = name === undefined ? defaultCluster : clusters.get(name)
  if (cluster !== undefined) return cluster
  const expected = `the name of one of the clusters: ${[...clusters.keys()].join(', ')}`
  throw badFlag('cluster', expected)
}

/** `[['authorization', 'Bearer …'], …]` as the admin listener gives them, flat; undefined if it is anything else. */
function headersOf(body: unknown): string[] | undefined {
  const pairs: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'headers') : undefined
  if (!Array.isArray(pairs)) return undefined
  const flat: unknown[] = pairs.flat()
  const isWhole =
    flat.length % 2 === 0 && flat.every((part) => typeof part === 'string' && !/\p{Cc}/u.test(part))
  return isWhole ? (flat as string[]) : undefined
}

function headerLines(headers: readonly string[]): string {
  if (headers.length === 0) throw nothing()
  const lines = headers.flatMap((name, i) => (i % 2 === 0 ? [`${capitalized(name)}: ${headers[i + 1]}`] : []))
  return lines.join('\n')
}

function bearerToken(headers: readonly string[]): string {
  if (headers.length === 0) throw nothing()
  const value = headers[headers.indexOf('authorization') + 1]
  if (!headers.includes('authorization') || value?.startsWith(BEARER) !== true) throw noToken()
  return value.slice(BEARER.length)
}

function capitalized(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
}

function nothing(): CommandError {
  return new CommandError('requests to this cluster carry no credential: authStrategy is NONE')
}

function noToken(): CommandError {
  return new CommandError(
    'this cluster takes no token but a password or a login: --header prints its headers',
  )
}
