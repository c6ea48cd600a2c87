// A full disk behind standard output, a reader who has stopped reading, and one who has left: the proxy goes on, and
// remembers no more of it than it can bear.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { programEnv } from '../helpers/program.ts'
import { callOnce } from '../helpers/workers.ts'

/** Each makes a line of the log of more than a kilobyte: a pipe has room for some, and the proxy keeps some. */
const REQUESTS = 800
const AT_ONCE = 40
const LONG = 'x'.repeat(1_100)
const ANSWER = 'of the cluster of this test'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The program once it answers, and where. Nobody reads its log, so that the port has to be known before. */
async function serving(t: Test, env: Record<string, string>, stdout: 'pipe' | number) {
  for (;;) {
    const port = await freePort()
    const child = spawn(process.execPath, ['dist/cli.js', 'start'], {
      env: { ...env, CAMUNDA_PROXY_PORT: String(port) },
      stdio: ['ignore', stdout, 'inherit'],
    })
    t.teardown(() => child.kill('SIGKILL'))
    const call = () => callOnce(`http://127.0.0.1:${port}/v2/${LONG}`)
    // It ends if somebody else has taken the port meanwhile.
    while (child.exitCode === null) {
      const answer = await call().catch(() => undefined)
      if (answer?.status === 200 && answer.text === ANSWER) return { child, call }
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

async function start(t: Test, stdout: 'pipe' | number, workers = 1) {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster((_request, response) => response.end(ANSWER))
  t.teardown(() => cluster.close())
  const env = {
    PATH: process.env.PATH ?? '',
    ...programEnv(cluster.url, idp.tokenUrl),
    CAMUNDA_PROXY_STATE_FILE: 'off',
    CAMUNDA_PROXY_ACCESS_LOG: 'all',
    CAMUNDA_PROXY_WORKERS: String(workers),
  }
  const { child, call } = await serving(t, env, stdout)
  const callAll = async (requests = REQUESTS) => {
    const failed: unknown[] = []
    for (let i = 0; i < requests; i += AT_ONCE) {
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, call))
      failed.push(...answers.filter(({ status }) => status !== 200))
    }
    t.strictSame(failed, [])
  }
  const end = async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    const [code] = await ended
    return Number(code)
  }
  return { child, callAll, end }
}

t.test('a full disk', { skip: process.platform !== 'linux' && 'there is no /dev/full' }, async (t) => {
  const { callAll, end } = await start(t, openSync('/dev/full', 'w'))
  await callAll(AT_ONCE)
  t.equal(await end(), 0)
})

for (const workers of [1, 2]) {
  t.test(`a reader who stops reading, of ${workers}`, async (t) => {
    const { child, callAll, end } = await start(t, 'pipe', workers)
    child.stdout?.pause()
    await callAll(REQUESTS * workers)
    let log = ''
    child.stdout?.on('data', (chunk) => {
      log += String(chunk)
    })
    child.stdout?.resume()
    await callAll(AT_ONCE * 4)
    const isRead = child.stdout && once(child.stdout, 'end')
    t.equal(await end(), 0)
    await isRead
    const lines = log.trimEnd().split('\n')
    t.ok(/"lost":\d+,"msg":"\d+ lines of the log lost/.test(log), 'it says how many were lost')
    // Several processes that wait for the same reader may write between each other's parts.
    if (workers === 1) for (const line of lines) JSON.parse(line)
  })

  t.test(`a reader who leaves, of ${workers}`, async (t) => {
    const { child, callAll, end } = await start(t, 'pipe', workers)
    child.stdout?.destroy()
    await callAll(AT_ONCE)
    t.equal(await end(), 0)
  })
}

t.test('a reader who never begins does not hold the end up', async (t) => {
  const { child, callAll, end } = await start(t, 'pipe')
  child.stdout?.pause()
  await callAll()
  t.equal(await end(), 0)
})
