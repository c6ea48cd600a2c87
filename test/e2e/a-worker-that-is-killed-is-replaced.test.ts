import type { ServerResponse } from 'node:http'
import t from 'tap'
import { until } from '../helpers/until.ts'
import { callOnce, isAlive, setUpWorkers } from '../helpers/workers.ts'

/** Holds what is called a poll until it is told to answer. */
function holdingPolls() {
  const held: ServerResponse[] = []
  return {
    held,
    answer({ url }: { url: string }, response: ServerResponse) {
      if (url.includes('poll')) held.push(response)
      else response.end('at once')
    },
  }
}

t.test('others go on, the port stays, and the log says who, how and how long', async (t) => {
  const { held, answer } = holdingPolls()
  const { url, admin, program, pids, idp } = await setUpWorkers(t, 2, { answer })
  await program.line('token acquired')
  const polls = [1, 2].map((i) => callOnce(`${url}/v2/poll/${i}`).catch(() => 'broken off' as const))
  await until(() => held.length === 2, 'each worker has a poll')
  const [first = 0, second = 0] = pids()
  process.kill(first, 'SIGKILL')
  const line = await program.line('replaced in')
  t.match(line.msg, /^worker [12] was ended by SIGKILL: replaced in \d+ ms$/)
  t.match(line, { level: 'warn', worker: /^[12]$/, replacedInMs: Number })
  t.ok(isAlive(second))
  for (const response of held) response.end('in the end')
  const ends = await Promise.all(polls)
  t.equal(ends.filter((end) => end === 'broken off').length, 1, 'that of the worker that was killed')
  t.strictSame(
    ends.filter((end) => end !== 'broken off'),
    [{ status: 200, text: 'in the end' }],
  )

  process.kill(second, 'SIGKILL')
  await until(() => program.stdout().split('replaced in').length === 3, 'the other is replaced as well')
  t.equal(pids().length, 2)
  for (let i = 0; i < 4; i++) t.strictSame(await callOnce(`${url}/v2/x`), { status: 200, text: 'at once' })
  t.equal(idp.requests.length, 1, 'they got the token that there was')
  t.equal((await callOnce(`${admin}/readyz`)).status, 200)

  for (const pid of pids()) process.kill(pid, 'SIGKILL')
  for (;;) {
    const { status, text } = await callOnce(`${admin}/readyz`)
    if (status === 503) {
      t.match(text, 'no worker listens')
      break
    }
  }
  await until(() => program.stdout().split('replaced in').length === 5, 'both are replaced')
  t.equal((await callOnce(`${url}/v2/x`)).status, 200, 'the port is the same')
})
