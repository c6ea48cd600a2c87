import cluster from 'node:cluster'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import t from 'tap'
import { buildOwner } from '../../src/app.ts'
import { loadSettings } from '../../src/config/load.ts'
import { systemClock } from '../../src/credentials/clock.ts'
import { makeLogger } from '../../src/log.ts'
import { Desk } from '../../src/workers/desk.ts'
import { Pool } from '../../src/workers/pool.ts'
import { tokenHash } from '../helpers/clusters.ts'
import { fileIn } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'

const CALLERS = `callers:\n  - name: reports\n    tokenHash: ${tokenHash('a-token')}\n`

t.test('by one that goes by them', async (t) => {
  const before = 'restAddress: http://127.0.0.1:9\nauthStrategy: NONE\nport: 0\nlogLevel: silent\n'
  const path = fileIn(t, 'proxy.yaml', before)
  const callers = join(t.testdirName, 'callers.yaml')
  const args = ['--config', path]
  const { settings } = await loadSettings(args, {})
  let log = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    },
  })
  const logger = makeLogger('info', destination)
  const links = { onChange() {}, isServing: () => true, tallies: async () => [], listening: () => undefined }
  const owner = await buildOwner({ ...settings, admin: undefined }, { logger }, links)
  const { clusters } = settings
  const clock = systemClock()
  const desk = new Desk({ clusters, credentials: owner.credentials, clock })
  const sent = (text: string) => ({ args, env: {}, files: new Map([[path, text]]), staying: undefined })
  const pool = new Pool({
    count: 1,
    program: 'dist/worker.js',
    start: { ...sent(before), edition: 0, pseudonym: 'p' },
    listen: settings.listen,
    desk,
    clock,
    logger,
  })
  t.teardown(async () => {
    await pool.close(1_000)
    await owner.close()
  })
  const address = await pool.start()
  const edition = desk.reload({ clusters, credentials: owner.credentials })
  // The file is not there when the worker looks, and is when the next one does.
  const [first] = Object.values(cluster.workers ?? {})
  first?.on('message', ({ type }) => {
    if (type === 'leaving') writeFileSync(callers, CALLERS)
  })
  pool.reload({ ...sent(`${before}callersFile: ${callers}\n`), edition })
  await until(() => log.includes('replaced in'), 'another took its place')
  t.match(log, 'worker 1 could not use the new settings')
  t.equal((await fetch(`${address}/v2/topology`)).status, 401, 'who is not named may not call any more')
})
