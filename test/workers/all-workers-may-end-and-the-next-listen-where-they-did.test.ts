import cluster from 'node:cluster'
import t from 'tap'
import { poolLab } from '../helpers/pool-lab.ts'
import { until } from '../helpers/until.ts'

// 80 is the port that no URL mentions.
for (const [what, port, env] of [
  ['a port of their own choice', 0, {}],
  ['port 80', 80, { PRETENDS: 'yes' }],
] as const)
  t.test(what, async (t) => {
    const { pool, log } = poolLab(t, env, { host: '127.0.0.1', port })
    const address = await pool.start()
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGKILL')
    const replaced = () => log().split('replaced in').length === 3
    await until(() => replaced() && pool.listening === 2, 'both are replaced')
    t.notMatch(log(), 'came to listen', `neither of them elsewhere than at ${address}`)
  })
