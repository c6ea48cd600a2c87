import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { fakeCluster } from './fake-cluster.ts'
import { fakeIdp, json } from './fake-idp.ts'
import { programEnv } from './program.ts'
import { callOnce, isAlive, type Reply, runWithWorkers } from './workers.ts'

type Order = 'wall' | 'block' | 'late'

const preload = pathToFileURL('test/helpers/time-preload.mjs').href

/** The program, whose time can be bent, between a provider and a cluster that know what time it really is. */
export async function timeLab(
  t: Test,
  { lifeS, workers = 1, env = {} }: { lifeS: number; workers?: number; env?: Record<string, string> },
) {
  const orders = join(t.testdir(), 'orders.json')
  /** When each token ends, on the clock of the provider. */
  const ends = new Map<string, number>()
  const world = { leapMs: 0, answerAfterMs: 0, expired: 0 }
  const now = () => performance.now() + world.leapMs
  const idp = await fakeIdp(async (_request, response, number) => {
    const token = `token-${number}`
    ends.set(`Bearer ${token}`, now() + lifeS * 1_000)
    await passed(world.answerAfterMs)
    json(response, 200, { access_token: token, expires_in: lifeS, token_type: 'Bearer' })
  })
  t.teardown(() => idp.close())
  const cluster = await fakeCluster(({ headers }, response) => {
    const isGood = now() < (ends.get(headers.authorization ?? '') ?? 0)
    if (!isGood) world.expired++
    response.writeHead(isGood ? 200 : 401).end(headers.authorization)
  })
  t.teardown(() => cluster.close())
  const running = await runWithWorkers(t, workers, {
    ...programEnv(cluster.url, idp.tokenUrl),
    NODE_OPTIONS: `--import=${preload}`,
    TIME_ORDERS: orders,
    ...env,
  })
  const primary = running.program.child.pid ?? 0
  const all = () => [primary, ...(workers > 1 ? running.pids() : [])]
  return {
    ...running,
    idp,
    cluster,
    world,
    primary,
    all,
    call: (): Promise<Reply> => callOnce(`${running.url}/v2/topology`),
    /** Has these processes do something to their time. They have done so when the signal has been handled. */
    async order(order: Order, ms: number, pids: readonly number[] = all()) {
      writeFileSync(orders, JSON.stringify({ order, ms }))
      signal(pids, 'SIGUSR2')
      await passed(50)
    },
    /** Stops these processes for so long. */
    async stop(ms: number, pids: readonly number[] = all(), meanwhile: () => void = () => {}) {
      signal(pids, 'SIGSTOP')
      meanwhile()
      await passed(ms)
      signal(pids, 'SIGCONT')
    },
  }
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) if (isAlive(pid)) process.kill(pid, name)
}
