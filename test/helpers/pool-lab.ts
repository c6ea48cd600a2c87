import cluster from 'node:cluster'
import { Writable } from 'node:stream'
import type { Test } from 'tap'
import type { ListenTarget } from '../../src/gateway/listen.ts'
import { makeLogger } from '../../src/log.ts'
import { Desk } from '../../src/workers/desk.ts'
import { Pool } from '../../src/workers/pool.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A pool of two processes that only know the protocol, and behave as `env` says. */
export function poolLab(
  t: Test,
  env: Record<string, string>,
  listen: ListenTarget = { host: '127.0.0.1', port: 0 },
) {
  let log = ''
  const destination = new Writable({
    write(chunk, _encoding, done) {
      log += String(chunk)
      done()
    },
  })
  // Else each of them would load what the test needs.
  cluster.setupPrimary({ execArgv: [] })
  const clock = new VirtualClock()
  const pool = new Pool({
    count: 2,
    program: 'test/helpers/fake-worker.mjs',
    start: { args: [], env, files: new Map(), staying: undefined, edition: 0, pseudonym: 'p' },
    listen,
    // Nobody asks it for anything.
    desk: new Desk({ clusters: new Map(), credentials: undefined as never, clock }),
    clock,
    logger: makeLogger('info', destination),
  })
  t.teardown(() => pool.close(1_000))
  return { pool, clock, log: () => log }
}
