import { setTimeout as passed } from 'node:timers/promises'
import t from 'tap'
import { until } from '../helpers/until.ts'
import { callOnce, setUpWorkers } from '../helpers/workers.ts'

t.test('one that was handed to a worker that is stopped', async (t) => {
  const { url, pids, program } = await setUpWorkers(t, 2)
  await program.line('token acquired')
  const [first = 0] = pids()
  process.kill(first, 'SIGSTOP')
  let open = 8
  const calls = Array.from({ length: open }, () => callOnce(`${url}/v2/topology`).finally(() => open--))
  await until(() => open === 1, 'the others went by')
  process.kill(first, 'SIGKILL')
  for (const { status } of await Promise.all(calls)) t.equal(status, 200)
})

t.test('one that nobody is left to take is closed', async (t) => {
  const { url, pids, program } = await setUpWorkers(t, 2)
  await program.line('token acquired')
  const all = pids()
  for (const pid of all) process.kill(pid, 'SIGSTOP')
  const calls = [1, 2].map(() => callOnce(`${url}/v2/topology`).catch(({ code }) => code as string))
  await passed(200)
  for (const pid of all) process.kill(pid, 'SIGKILL')
  for (const end of await Promise.all(calls))
    t.ok(end === 'ECONNRESET' || (end as { status?: number }).status === 200)
})
