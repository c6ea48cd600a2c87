import t from 'tap'
import { poolLab } from '../helpers/pool-lab.ts'

t.test('what the others say is had within a second, as it was', async (t) => {
  const { pool } = poolLab(t, { SILENT: '2' })
  await pool.start()
  t.equal(pool.listening, 2)
  const startedAt = performance.now()
  t.strictSame(await pool.collect(), [new Map([['number', 1]])])
  t.ok(performance.now() - startedAt < 1_500)
})
