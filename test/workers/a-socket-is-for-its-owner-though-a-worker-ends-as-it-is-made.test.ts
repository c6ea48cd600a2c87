import cluster from 'node:cluster'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { poolLab } from '../helpers/pool-lab.ts'

t.test('both are to listen: the one ends instead, and then the other does', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/workers-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const socket = `${folder}/p.sock`
  const { pool } = poolLab(t, { WAITS: 'yes', ENDS_INSTEAD: '1' }, { socket })
  const bothWait = new Promise<void>((resolve) => {
    let waiting = 0
    cluster.on('message', (_worker, { type }) => type === 'reported' && ++waiting === 2 && resolve())
  })
  const starting = pool.start()
  await bothWait
  const [first, second] = Object.values(cluster.workers ?? {})
  const ended = Promise.all([once(cluster, 'exit'), once(cluster, 'disconnect')])
  first?.send({ type: 'go' })
  await ended
  second?.send({ type: 'go' })
  t.equal(await starting, `unix:${socket}`)
  t.equal(statSync(socket).mode & 0o777, 0o600)
})
