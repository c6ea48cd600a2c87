import { fileURLToPath } from 'node:url'
import { type AppOptions, buildOwner, DRAIN_MS, pseudonym } from '../app.ts'
import type { Settings } from '../config/settings.ts'
import { systemClock } from '../credentials/clock.ts'
import { listenAt, type PassedSockets } from '../gateway/passed-sockets.ts'
import { Desk } from '../workers/desk.ts'
import { Pool } from '../workers/pool.ts'
import type { SettingsOrigin, Up } from './serve.ts'

const PROGRAM = fileURLToPath(new URL('../worker.js', import.meta.url))
/** What a worker may need beyond the drain before it is killed. */
const GRACE_MS = 2_000

/** This process owns the credentials and answers probes; workers forward the requests. @throws ListenError */
export async function serveWithWorkers(
  settings: Settings,
  parts: Pick<AppOptions, 'logger' | 'memory' | 'reloadStatus'>,
  origin: SettingsOrigin,
  passed: PassedSockets,
): Promise<Up> {
  const { logger } = parts
  const clock = systemClock()
  const owner = await buildOwner(
    settings,
    { ...parts, clock },
    {
      onChange: (keeper) => desk.changed(keeper),
      isServing: () => pool.listening > 0,
      tallies: () => pool.collect(),
      listening: () => (pool.listening > 0 ? pool.address : undefined),
    },
  )
  const desk = new Desk({ clusters: settings.clusters, credentials: owner.credentials, clock })
  const pool = new Pool({
    count: settings.workers,
    program: PROGRAM,
    start: { ...origin, edition: 0, pseudonym: pseudonym() },
    listen: settings.listen,
    desk,
    clock,
    logger,
  })
  const close = async () => {
    owner.drain()
    await pool.close(DRAIN_MS + GRACE_MS)
    await owner.close()
  }
  const reload = async (next: Settings, sent: SettingsOrigin) => {
    const credentials = await owner.reload(next)
    const edition = desk.reload({ clusters: next.clusters, credentials })
    pool.reload({ ...sent, edition })
  }
  try {
    owner.start()
    const admin = owner.admin && settings.admin && (await listenAt(owner.admin, settings.admin, passed.admin))
    const credential = () => owner.keeper?.status()
    return { address: await pool.start(), admin, close, reload, credential }
  } catch (error) {
    await close()
    throw error
  }
}
