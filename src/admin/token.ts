import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'
import type { Settings } from '../config/settings.ts'
import type { Credential } from '../credentials/credential.ts'
import { Problem } from '../errors.ts'
import { writeProblem } from '../gateway/problem.ts'
import type { Credentials } from '../upstream/destinations.ts'

/** Who asks has to send it: no page can without asking first, and that is refused. */
export const ASKING_HEADER = 'x-camunda-proxy-asks'

/**
 * Adds `GET /token?cluster=NAME` to the admin listener: the headers that a request to the cluster would carry now, as
 * pairs of name and value. There is nothing at that path unless the settings in force say `shareToken`. `onGiven` hears of
 * each time.
 */
export function addToken(
  admin: FastifyInstance,
  current: () => { settings: Settings; credentials: Credentials },
  onGiven: (cluster: string) => void,
): void {
  const find = async (name: string | undefined) => {
    const { settings, credentials } = current()
    const { clusters, defaultCluster } = settings
    const cluster = name === undefined ? defaultCluster : clusters.get(name)
    if (cluster === undefined)
      throw new Problem('unknown-cluster', 'The settings of the running proxy have no cluster of that name.')
    const credential = await credentials.keeperFor(cluster, 'v2')(undefined).obtain()
    return { cluster: cluster.name, headers: pairsOf(credential) }
  }
  admin.get<{ Querystring: { cluster?: string | string[] } }>('/token', async (request, reply) => {
    if (!current().settings.shareToken) return reply.callNotFound()
    try {
      refuseBrowsers(request.headers)
      const given = await find(request.query.cluster?.toString())
      onGiven(given.cluster)
      return await reply.header('cache-control', 'no-store').send(given)
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem('internal-error', 'No token was got.')
      reply.hijack()
      return writeProblem(request.raw, reply.raw, problem)
    }
  })
}

/** The guard before it lets somebody through who types an address; nobody has to type this one. */
function refuseBrowsers(headers: IncomingHttpHeaders): void {
  const sign = Object.keys(headers).find((name) => name === 'origin' || name.startsWith('sec-fetch-'))
  if (sign !== undefined) throw new Problem('origin-not-allowed', `A browser asked (${sign} says so).`)
  if (headers[ASKING_HEADER] !== 'token')
    throw new Problem(
      'origin-not-allowed',
      `The header ${ASKING_HEADER} is missing: any page may have asked.`,
    )
}

function pairsOf({ headers, session }: Credential): [string, string][] {
  const flat = session?.headersFor('GET') ?? headers
  return flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1] ?? ''] as [string, string]] : []))
}
