import { spawnSync } from 'node:child_process'
import { request } from 'node:http'
import type { Test } from 'tap'
import { type Answer, type FakeCluster, fakeCluster } from './fake-cluster.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer } from './fake-idp.ts'
import { programEnv, type RunningProgram, runProgram } from './program.ts'
import { until } from './until.ts'

export interface Reply {
  status: number | undefined
  text: string
}

export interface WithWorkers {
  program: RunningProgram
  /** Where callers call. */
  url: string
  admin: string
  /** The process ids of the workers. */
  pids(): number[]
}

/** The program with this many workers, all of which listen. */
export async function runWithWorkers(
  t: Test,
  workers: number,
  env: Record<string, string>,
  args: readonly string[] = [],
): Promise<WithWorkers> {
  const program = runProgram(t, ['start', '--workers', String(workers), ...args], env)
  const pids = () => childrenOf(program.child.pid ?? 0)
  const { listening, admin } = await program.line('listening on')
  const all = pids()
  t.teardown(async () => {
    program.child.kill('SIGKILL')
    for (const pid of all) await until(() => !isAlive(pid), `worker ${pid} is gone`)
  })
  return { program, url: String(listening), admin: String(admin), pids }
}

/** The same with an identity provider and a cluster. */
export async function setUpWorkers(
  t: Test,
  workers: number,
  options: { answer?: Answer; idp?: IdpAnswer; env?: Record<string, string> } = {},
): Promise<WithWorkers & { cluster: FakeCluster; idp: FakeIdp }> {
  const idp = await fakeIdp(options.idp)
  t.teardown(() => idp.close())
  const cluster = await fakeCluster(options.answer)
  t.teardown(() => cluster.close())
  const env = { ...programEnv(cluster.url, idp.tokenUrl), ...options.env }
  return { ...(await runWithWorkers(t, workers, env)), cluster, idp }
}

/** One request over a connection of its own: the workers get the connections in turn. */
export function callOnce(
  url: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<Reply> {
  const target = url.startsWith('unix:')
    ? { socketPath: url.slice('unix:'.length).replace(/\/v2.*$/, ''), path: '/v2/topology' }
    : url
  return new Promise((resolve, reject) => {
    const options = { method, agent: false, headers: { host: 'localhost', ...headers } } as const
    const onAnswer: Parameters<typeof request>[2] = (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('end', () => resolve({ status: response.statusCode, text }))
      response.on('error', reject)
    }
    const call =
      typeof target === 'string'
        ? request(target, options, onAnswer)
        : request({ ...target, ...options }, onAnswer)
    call.on('error', reject).end()
  })
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** The processes that this one has started and that run. */
export function childrenOf(parent: number): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, ppid, stat]) => Number(ppid) === parent && !stat?.startsWith('Z'))
    .map(([pid]) => Number(pid))
}
