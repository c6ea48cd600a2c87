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

t.test('one that leaves counts on until it ends', async (t) => {
  const { pool, log } = poolLab(t, { LEAVES: '1' })
  await pool.start()
  const counts = async () => sum(await pool.collect()).requests
  t.strictSame(await counts(), { 'GET 200 1': 1, 'GET 200 2': 1 })
  await until(() => log().includes('replaced') && pool.listening === 2, 'another took its place')
  t.strictSame(await counts(), { 'GET 200 1': 3, 'GET 200 2': 2 }, 'it and its successor')
})

t.test('one that ends while it is asked counts once', async (t) => {
  const { pool } = poolLab(t, { ENDS_REPORTING: '1' })
  await pool.start()
  const counts = async () => sum(await pool.collect()).requests
  t.strictSame(await counts(), { 'GET 200 1': 1, 'GET 200 2': 1 })
  t.strictSame(await counts(), { 'GET 200 1': 1, 'GET 200 2': 2 })
})

t.test('nobody who asks is left waiting when the workers are ended', async (t) => {
  const { pool } = poolLab(t, { SILENT: '2' })
  await pool.start()
  await pool.collect()
  const counts = pool.collect()
  await pool.close(1_000)
  t.match(sum(await counts).requests, { 'GET 200 2': 1 })
})
