/** What the measurements share: an identity provider, a cluster, and the built program as a process of its own. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { launch, stop } from './launch.mjs'
import { residentMemory } from './process.mjs'

/**
 * An identity provider whose tokens really expire and can be revoked.
 * @param {{ latencyMs?: number, lifetimeS?: number, onToken?: (number: number) => void }} options
 *   `onToken` hears of each token before it is handed out
 */
export async function labIdp({ latencyMs = 0, lifetimeS = 300, onToken } = {}) {
  const issued = new Map()
  const idp = {
    requests: 0,
    broken: false,
    /** @param {string | undefined} authorization */
    isValid: (authorization) => (issued.get(authorization?.slice('Bearer '.length)) ?? 0) > performance.now(),
    revokeAll: () => issued.clear(),
  }
  const server = createServer(async (request, response) => {
    const number = ++idp.requests
    request.resume()
    if (idp.broken) return request.socket.destroy()
    await sleep(latencyMs)
    const token = `token-${number}-`.padEnd(900, 'x')
    issued.set(token, performance.now() + lifetimeS * 1_000)
    onToken?.(number)
    response.writeHead(200, { 'content-type': 'application/json' })
    return response.end(JSON.stringify({ access_token: token, expires_in: lifetimeS, token_type: 'Bearer' }))
  })
  return Object.assign(idp, await opened(server))
}

/**
 * A cluster that takes valid tokens only.
 * @param {{ isValid(authorization: string | undefined): boolean }} idp
 * @param {import('node:http').RequestListener} answer
 */
export async function labCluster(idp, answer) {
  const cluster = { refused: 0, open: 0 }
  const server = createServer((request, response) => {
    cluster.open++
    response.once('close', () => cluster.open--)
    if (idp.isValid(request.headers.authorization)) return answer(request, response)
    cluster.refused++
    request.resume()
    return response.writeHead(401, { 'content-type': 'application/problem+json' }).end('{"status":401}')
  })
  return Object.assign(cluster, await opened(server))
}

async function opened(server) {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${server.address().port}`, close }
}

/**
 * Starts the program and waits until it listens.
 * @param {{ cores?: string, env?: Record<string, string>, nodeFlags?: string[] }} options settings beside those of the
 *   lab, and where and how to run
 */
export async function labProxy(idpUrl, clusterUrl, args = [], { cores, env, nodeFlags = [] } = {}) {
  const startedAt = performance.now()
  const child = launch(
    process.execPath,
    [...nodeFlags, 'dist/cli.js', 'start', '--port', '0', '--admin-port', '0', ...args],
    {
      cores,
      env: {
        PATH: process.env.PATH,
        CAMUNDA_OAUTH_URL: `${idpUrl}/oauth/token`,
        CAMUNDA_REST_ADDRESS: clusterUrl,
        CAMUNDA_CLIENT_ID: 'lab',
        CAMUNDA_CLIENT_SECRET: 'lab-secret',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let log = ''
  child.stdout.on('data', (chunk) => {
    log += chunk
  })
  const line = async (text) => {
    while (!log.includes(text)) {
      if (child.exitCode !== null) throw new Error(`the program ended: ${log}`)
      await Promise.race([once(child.stdout, 'data'), sleep(1_000)])
    }
    return JSON.parse(log.split('\n').find((candidate) => candidate.includes(text)))
  }
  const { listening, admin } = await line('"listening on')
  return {
    url: listening,
    admin,
    pid: child.pid,
    startedAt,
    ready: async () => {
      await line('"token acquired"')
      return performance.now() - startedAt
    },
    /** Resident memory in bytes. */
    memory: () => residentMemory(child.pid),
    stop: () => stop(child),
  }
}

/** Calls at a steady rate, whether or not earlier ones have been answered, and reports each answer. */
export async function steadily(url, perSecond, seconds, report) {
  const calls = []
  const startedAt = performance.now()
  for (let i = 0; i < perSecond * seconds; i++) {
    await sleep(Math.max(0, startedAt + (i * 1_000) / perSecond - performance.now()))
    const sentAt = performance.now()
    calls.push(
      fetch(url).then(
        async (answer) => {
          await answer.arrayBuffer()
          report(answer.status, performance.now() - sentAt, (sentAt - startedAt) / 1_000)
        },
        () => report(0, performance.now() - sentAt, (sentAt - startedAt) / 1_000),
      ),
    )
  }
  await Promise.all(calls)
}
