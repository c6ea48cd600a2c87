import { appendFileSync, mkdirSync } from 'node:fs'
import type { Call } from './load.ts'

/** A line of the table, as text: scripts/test-faults.mjs prints it. */
export interface Line {
  fault: string
  callers: string
  slowest: string
  tokenRequests: string
  healsAfter: string
  /** Where it stands in the table; the rows end as they like. */
  place?: number
}

const FOLDER = '.tap/faults'

/** Adds a line to the table of this group. */
export function record(group: string, line: Line): void {
  mkdirSync(FOLDER, { recursive: true })
  appendFileSync(`${FOLDER}/${group}.jsonl`, `${JSON.stringify(line)}\n`)
}

/** `31 × 200, 12 × 503 credential-unavailable` */
export function counted(calls: readonly Call[]): string {
  const counts = new Map<string, number>()
  for (const { saw } of calls) counts.set(saw, (counts.get(saw) ?? 0) + 1)
  return [...counts].map(([saw, count]) => `${count} × ${saw}`).join(', ')
}

/** Milliseconds as a person reads them. */
export function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
