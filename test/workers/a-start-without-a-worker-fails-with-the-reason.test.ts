import t from 'tap'
import { ListenError } from '../../src/gateway/listen.ts'
import { poolLab } from '../helpers/pool-lab.ts'
import { until } from '../helpers/until.ts'

t.test('each of them ends before it listens', async (t) => {
  const { pool, log } = poolLab(t, { ENDS: 'all' })
  const starting = pool.start()
  await t.rejects(starting, ListenError)
  await t.rejects(starting, { message: 'No worker came to listen: the last one ended with exit code 7.' })
  t.equal(log(), '', 'which is told once, by who started them')
})

t.test('one of them does, and is tried again with pauses while the other works', async (t) => {
  const { pool, log } = poolLab(t, { ENDS: '2' })
  const address = await pool.start()
  t.equal(await (await fetch(address)).text(), '1')
  await until(() => log().includes('"nextTryInS":0.2'), 'it was tried again')
  t.match(log(), 'worker 2 ended with exit code 7')
  t.match(log(), '"nextTryInS":0.1')
  t.equal(pool.listening, 1)
})

t.test('none of them can be started at all', async (t) => {
  const { execPath } = process
  t.teardown(() => {
    process.execPath = execPath
  })
  process.execPath = '/nowhere/node'
  const { pool } = poolLab(t, {})
  await t.rejects(pool.start(), {
    message: 'No worker came to listen: the last one could not be started (ENOENT).',
  })
})
