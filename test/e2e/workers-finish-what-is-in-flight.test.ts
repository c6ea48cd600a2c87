import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { until } from '../helpers/until.ts'
import { callOnce, isAlive, setUpWorkers } from '../helpers/workers.ts'

async function twoInFlight(t: Test) {
  const held: ServerResponse[] = []
  const lab = await setUpWorkers(t, 2, { answer: (_request, response) => held.push(response) })
  await lab.program.line('token acquired')
  const calls = [1, 2].map(() => callOnce(`${lab.url}/v2/x`))
  for (const call of calls) call.catch(() => {})
  await until(() => held.length === 2, 'each worker has a request')
  return { ...lab, held, calls, workers: lab.pids() }
}

/** Calls until it is not answered: the workers hear of the signal a moment later. */
async function refused(url: string): Promise<void> {
  for (;;) await callOnce(`${url}/v2/x`)
}

t.test(
  'SIGTERM: requests in every worker finish, nothing new is taken, and the exit code is 0',
  async (t) => {
    const { program, held, calls, url, admin, workers } = await twoInFlight(t)
    for (const pid of workers) for (const signal of ['SIGINT', 'SIGQUIT']) process.kill(pid, signal)
    program.child.kill('SIGTERM')
    await program.line('closing')
    t.match(await callOnce(`${admin}/readyz`), { status: 503, text: /shutting down/ })
    await t.rejects(refused(url), { code: 'ECONNREFUSED' }, 'no new connection')
    for (const response of held) response.end('in the end')
    for (const call of calls) t.strictSame(await call, { status: 200, text: 'in the end' })
    t.equal(await program.ended, 0)
    for (const pid of workers) t.notOk(isAlive(pid))
  },
)

t.test('a second signal ends all at once', async (t) => {
  const { program, calls, workers } = await twoInFlight(t)
  program.child.kill('SIGTERM')
  await program.line('closing')
  let cut = 0
  for (const call of calls) call.catch(() => cut++)
  program.child.kill('SIGTERM')
  await until(() => cut === calls.length, 'the requests are cut')
  t.equal(await program.ended, 1)
  for (const pid of workers) await until(() => !isAlive(pid), 'they are gone')
})

t.test('the primary is killed: what is in flight finishes, and no worker is left', async (t) => {
  const { program, held, calls, workers } = await twoInFlight(t)
  program.child.kill('SIGKILL')
  await program.line('is gone')
  for (const pid of workers) t.ok(isAlive(pid))
  for (const response of held) response.end('in the end')
  for (const call of calls) t.strictSame(await call, { status: 200, text: 'in the end' })
  for (const pid of workers) await until(() => !isAlive(pid), 'they are gone')
})

t.test('the same while it passes connections on', async (t) => {
  const { program, held, calls, url, admin, workers } = await twoInFlight(t)
  for (const pid of workers) process.kill(pid, 'SIGSTOP')
  const { hostname, port } = new URL(url)
  const connections = workers.map(() => connect(Number(port), hostname).on('error', () => {}))
  await Promise.all(connections.map((connection) => once(connection, 'connect')))
  t.equal((await callOnce(`${admin}/readyz`)).status, 200, 'by when they have been passed on')
  program.child.kill('SIGKILL')
  await once(program.child, 'exit')
  for (const pid of workers) process.kill(pid, 'SIGCONT')
  await program.line('is gone')
  for (const response of held) response.end('in the end')
  for (const call of calls) t.strictSame(await call, { status: 200, text: 'in the end' })
  for (const pid of workers) await until(() => !isAlive(pid), 'they are gone')
  t.notMatch(program.stdout(), 'unexpected error')
})
