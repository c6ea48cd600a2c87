import type { Logger } from 'pino'
import type { ReloadStatus } from '../admin/reload-status.ts'
import type { Clock } from '../credentials/clock.ts'
import type { Memory } from '../credentials/remembering.ts'
import type { Tracing } from '../tracing.ts'

export interface AppOptions {
  logger: Logger
  clock?: Clock
  random?: () => number
  /** How long requests in flight may take to finish at shutdown, in milliseconds. */
  drainMs?: number
  /** Where refusals are remembered for the process after this one; without it, they are not. */
  memory?: Memory | undefined
  /** How reloads have gone, for metrics. */
  reloadStatus?: (() => ReloadStatus) | undefined
}

/** What the parts are put together with. */
export type PartOptions = AppOptions & { tracing: Tracing | undefined }

export const DRAIN_MS = 30_000
