/** How the last reload of the settings went, for metrics and the status page. */
export interface ReloadStatus {
  /** When the last one was made, or the start, in milliseconds since 1970. */
  at: number
  ok: boolean
  /** What was wrong with the settings that were refused. */
  faults: readonly string[]
  /** When settings were last taken, in milliseconds since 1970: at the start, if there was no reload. */
  succeededAt: number
  /** How many there have been. */
  counts: { ok: number; refused: number }
}
