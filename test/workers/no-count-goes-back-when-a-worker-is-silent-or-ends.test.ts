import cluster from 'node:cluster'
import t from 'tap'
import { sum } from '../../src/gateway/tally.ts'
import { poolLab } from '../helpers/pool-lab.ts'
import { until } from '../helpers/until.ts'

// Each of the workers counts the reports it was asked for.
t.test('what was said last holds', async (t) => {
  const { pool, log } = poolLab(t, { SILENT: '2' })
  await pool.start()
  t.equal(pool.listening, 2)
  const counts = async () => sum(await pool.collect()).requests
  t.strictSame(await counts(), { 'GET 200 1': 1, 'GET 200 2': 1 })
  t.strictSame(await counts(), { 'GET 200 1': 2, 'GET 200 2': 1 }, 'of one that says no more')
  Object.values(cluster.workers ?? {})[0]?.process.kill('SIGKILL')
  await until(() => log().includes('replaced') && pool.listening === 2, 'another took its place')
  t.strictSame(
    await counts(),
    { 'GET 200 1': 3, 'GET 200 2': 1 },
    'and of one that is gone, beside its successor',
  )
})
