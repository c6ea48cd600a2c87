import { request } from 'node:http'
import { loadSome } from '../config/load.ts'
import type { RawSettings } from '../config/schema.ts'
import { localUrl } from './addresses.ts'
import { badFlag, type CommandContext } from './command.ts'

/** Where the admin listener of a running proxy is. */
export interface AdminPlace {
  /** For messages and `Host`. */
  url: string
  socket: string | undefined
}

export interface AdminAnswer {
  status: number
  /** Its JSON; undefined if it is none. */
  body: unknown
}

/** No answer of the admin listener that a command asks for is longer. */
const MAX_BYTES = 64 * 1024

/** The admin listener that the settings name, whatever is wrong with others. @throws SettingsError */
export async function findAdmin(
  args: readonly string[],
  env: CommandContext['env'],
): Promise<AdminPlace & Pick<RawSettings, 'shareToken'>> {
  const names = ['adminHost', 'adminPort', 'adminSocket', 'shareToken'] as const
  const { adminHost, adminPort, adminSocket, shareToken } = await loadSome(names, args, env)
  if (adminSocket !== undefined) return { url: 'http://localhost', socket: adminSocket, shareToken }
  if (adminPort === 'off') throw badFlag('adminPort', 'a port: there is nothing to ask while it is off')
  if (adminPort === 0) throw badFlag('adminPort', 'the port that was taken: 0 does not tell which')
  return { url: localUrl(adminHost, adminPort), socket: undefined, shareToken }
}

/** How a message names a page of it. */
export function placeOf({ url, socket }: AdminPlace, path: string): string {
  return socket === undefined ? url + path : `${path} of unix:${socket}`
}

/** Asks the admin listener for a path. Rejects where nothing answers in time, or where nothing is there. */
export function askAdmin(
  { url, socket }: AdminPlace,
  path: string,
  timeoutMs: number,
  headers: Record<string, string> = {},
): Promise<AdminAnswer> {
  const signal = AbortSignal.timeout(timeoutMs)
  const options = { headers, signal, agent: false, ...(socket === undefined ? {} : { socketPath: socket }) }
  return new Promise((resolve, reject) => {
    const asking = request(url + path, options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('error', reject)
      response.on('data', (chunk: string) => {
        text += chunk
        if (text.length > MAX_BYTES) response.destroy(new Error('the answer is too long'))
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: jsonOf(text) }))
    })
    asking.on('error', reject).end()
  })
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A text member of an answer, if there is one. */
export function textOf(body: unknown, name: string): string | undefined {
  const value = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  return typeof value === 'string' ? value.replace(/\p{Cc}/gu, ' ') : undefined
}
