/** One proxy while many callers wait for an answer. */
import { Agent, request as httpRequest } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { calls, launchLongPolls } from './cluster.mjs'
import { mustSign } from './load.mjs'
import { memory } from './process.mjs'

/** A little thing to ask for first, so that idle means "has worked before". */
const FIRST = { ...calls.topology, answerBytes: '{"jobs":[]}'.length }
const PATIENCE_MS = 2_000
const SETTLE_MS = 700

/**
 * Opens long polls through a proxy, looks at its memory while they are open, and has them answered.
 * Throws if one of them gets no good answer.
 * @param {(upstream: string) => Promise<import('./proxies.mjs').Proxy>} start
 */
export async function longPolls(start, count) {
  const cluster = await launchLongPolls()
  try {
    const proxy = await start(`http://127.0.0.1:${cluster.port}`)
    try {
      return await whileOpen(proxy, cluster, count)
    } finally {
      await proxy.stop()
    }
  } finally {
    cluster.stop()
  }
}

async function whileOpen(proxy, cluster, count) {
  await mustSign(proxy.url, FIRST)
  await sleep(SETTLE_MS)
  const idle = memory(proxy.pid)
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const answers = Array.from({ length: count }, () => poll(proxy.url, agent))
  await steady(() => cluster.held(), count)
  await sleep(SETTLE_MS)
  const held = cluster.held()
  const open = memory(proxy.pid)
  cluster.release()
  const statuses = await Promise.all(answers)
  agent.destroy()
  const failed = statuses.filter((status) => status !== 200).length
  if (failed > 0) throw new Error(`${failed} of ${count} long polls were not answered`)
  return {
    held,
    answered: statuses.length,
    idle,
    over: { rss: open.rss - idle.rss, pss: open.pss - idle.pss },
  }
}

/** Resolves once a count has got to a goal, or no further for a while: some proxies open only so many connections. */
async function steady(read, goal) {
  let last = -1
  let changedAt = performance.now()
  while (read() < goal && performance.now() - changedAt < PATIENCE_MS) {
    if (read() !== last) changedAt = performance.now()
    last = read()
    await sleep(20)
  }
}

function poll(url, agent) {
  return new Promise((resolve) => {
    const call = httpRequest(`${url}/v2/jobs/activation`, { method: 'POST', agent })
    call.setHeader('content-type', 'application/json')
    call.setTimeout(30_000, () => call.destroy(new Error('no answer')))
    call.once('error', () => resolve(0))
    call.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
      response.once('error', () => resolve(0))
    })
    call.end('{"type":"bench","maxJobsToActivate":1,"timeout":60000,"requestTimeout":60000}')
  })
}
