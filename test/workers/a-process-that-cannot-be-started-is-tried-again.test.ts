import cluster from 'node:cluster'
import t, { type Test } from 'tap'
import { ListenError } from '../../src/gateway/listen.ts'
import { poolLab } from '../helpers/pool-lab.ts'
import { until } from '../helpers/until.ts'

/** There is no room for another process these many times. */
function failing(t: Test, times: number) {
  const { fork } = cluster
  let left = times
  t.teardown(() => {
    cluster.fork = fork
  })
  cluster.fork = (env) => {
    if (left-- > 0) throw Object.assign(new Error('spawn EAGAIN'), { code: 'EAGAIN' })
    return fork.call(cluster, env)
  }
}

t.test('at the start, beside one that listens', async (t) => {
  const { pool } = poolLab(t, {})
  failing(t, 1)
  await pool.start()
  await until(() => pool.listening === 2, 'the other listens as well')
})

t.test('while it runs, with pauses', async (t) => {
  const { pool, log } = poolLab(t, {})
  await pool.start()
  failing(t, 3)
  const [worker] = Object.values(cluster.workers ?? {})
  worker?.process.kill('SIGKILL')
  await until(() => pool.listening === 1, 'one is gone')
  await until(() => pool.listening === 2, 'it is replaced')
  t.match(log(), /"nextTryInS":0\.1,.*worker [12] could not be started \(EAGAIN\)/)
})

t.test('a start without any fails with the reason', async (t) => {
  const { pool } = poolLab(t, {})
  failing(t, 2)
  const started = pool.start()
  await t.rejects(started, ListenError)
  await t.rejects(started, { message: /could not be started \(EAGAIN\)/ })
})
