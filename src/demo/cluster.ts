import { createServer, type IncomingMessage } from 'node:http'
import { type BearerCheck, type BearerCheckOptions, bearerCheck } from './bearer-check.ts'
import { ClusterProblem, problemAnswer } from './cluster-problem.ts'
import { clusterRoutes, findRoute, type Route } from './cluster-routes.ts'
import { type Answer, close, listen, serve } from './http.ts'

export interface DemoClusterOptions extends BearerCheckOptions {
  /** The address to listen on; 127.0.0.1 unless given. */
  host?: string
  /** 0, the default, takes any free port. */
  port?: number
  /** What stands before `/v2`, such as '/demo-cluster'; nothing unless given. */
  basePath?: string
}

export interface DemoCluster {
  /** Origin and base path. */
  url: string
  /** How many requests have come so far, refused ones included. */
  requests(): number
  /** How many requests wait for their answer now. */
  inFlight(): number
  close(): Promise<void>
}

/**
 * Starts a stand-in for a Camunda 8 cluster, for demonstrations and tests. It has a handful of the routes of the
 * Orchestration Cluster REST API, and like the real one it asks a valid token of everyone.
 */
export async function startDemoCluster(options: DemoClusterOptions): Promise<DemoCluster> {
  const { host = '127.0.0.1', port = 0, basePath = '' } = options
  const routes = clusterRoutes()
  const check = bearerCheck(options)
  const counts = { requests: 0, inFlight: 0 }

  const server = createServer(
    serve(async (request, signal) => {
      counts.requests += 1
      counts.inFlight += 1
      try {
        return await answerCall(request, signal)
      } catch (error) {
        return problemAnswer(error, request.url ?? '')
      } finally {
        counts.inFlight -= 1
      }
    }),
  )

  async function answerCall(request: IncomingMessage, signal: AbortSignal): Promise<Answer> {
    const { path, query } = target(request, basePath)
    const found = findRoute(routes, request.method, path)
    const subject = await admit(check, request, path, found?.route)
    if (found === undefined) throw new ClusterProblem(404, `No endpoint ${request.method} ${path}`)
    return found.route.handle({ request, query, id: found.id, subject, signal })
  }

  const origin = await listen(server, host, port)
  return {
    url: origin + basePath,
    requests: () => counts.requests,
    inFlight: () => counts.inFlight,
    close: () => close(server),
  }
}

/** Path below the base path, and query. A path that is not below it fits no route. */
function target({ url = '' }: IncomingMessage, basePath: string): { path: string; query: URLSearchParams } {
  const [whole = '', ...query] = url.split('?')
  const path = whole.startsWith(`${basePath}/`) ? whole.slice(basePath.length) : ''
  return { path, query: new URLSearchParams(query.join('?')) }
}

/** Asks for a token on every path of the API, known or not; returns whose it is. */
async function admit(
  check: BearerCheck,
  request: IncomingMessage,
  path: string,
  route: Route | undefined,
): Promise<string> {
  if (route?.open || !path.startsWith('/v2/')) return ''
  return check(request.headers.authorization)
}
