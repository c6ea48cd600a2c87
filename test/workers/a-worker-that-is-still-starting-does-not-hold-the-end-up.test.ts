import cluster from 'node:cluster'
import t from 'tap'
import { poolLab } from '../helpers/pool-lab.ts'
import { until } from '../helpers/until.ts'

t.test('it is not waited for: it has no request', async (t) => {
  const { pool, log } = poolLab(t, { HANGS: 'yes' })
  void pool.start()
  await until(() => Object.keys(cluster.workers ?? {}).length === 2, 'both have begun')
  // The clock stands still: a limit would never come.
  await pool.close(30_000)
  t.equal(Object.keys(cluster.workers ?? {}).length, 0)
  t.notMatch(log(), 'replaced')
})
