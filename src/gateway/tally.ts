import { problemKind } from '../errors.ts'
import type { AccessLog } from './access-log.ts'

/** How requests went, as numbers that can be added up and sent to another process. */
export interface Tally {
  /** By `METHOD STATUS SOURCE`: who answered was the `cluster`, or this `proxy`. */
  requests: Record<string, number>
  /** By the code of the problem that was answered. */
  problems: Record<string, number>
  /** Callers who left before they had their answer. */
  abandoned: number
  /** Answers that broke off. */
  brokenOff: number
  /** How many answers of the cluster took so long and no longer, a place for each bound and one for what is beyond. */
  durations: number[]
  /** All of them together, in seconds. */
  durationS: number
}

/** In seconds. The last but one is that of a long poll. */
export const DURATION_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const

const MAX_STATUS = 1_000

/** Counts what goes through access logs, for whoever asks: a request pays for a few additions. */
export function counter(): { counted(log: AccessLog): AccessLog; tally(): Tally } {
  const byCluster = new Counts()
  const byProxy = new Counts()
  const problems = new Map<string, number>()
  const durations = new Array<number>(DURATION_BOUNDS_S.length + 1).fill(0)
  const sums = { abandoned: 0, brokenOff: 0, durationS: 0 }
  const counted = (log: AccessLog): AccessLog => ({
    answered(request, status, startedAt, brokeOff) {
      byCluster.add(request.method, status)
      if (brokeOff !== undefined) sums.brokenOff++
      const seconds = (performance.now() - startedAt) / 1_000
      sums.durationS += seconds
      const bound = boundOf(seconds)
      durations[bound] = (durations[bound] ?? 0) + 1
      log.answered(request, status, startedAt, brokeOff)
    },
    refused(request, problem) {
      byProxy.add(request.method, problemKind(problem.code).status)
      problems.set(problem.code, (problems.get(problem.code) ?? 0) + 1)
      log.refused(request, problem)
    },
    preflight(request, status) {
      byProxy.add(request.method, status)
      log.preflight(request, status)
    },
    abandoned(request, startedAt) {
      sums.abandoned++
      log.abandoned(request, startedAt)
    },
  })
  const tally = () => ({
    requests: { ...byCluster.named('cluster'), ...byProxy.named('proxy') },
    problems: Object.fromEntries(problems),
    durations: [...durations],
    ...sums,
  })
  return { counted, tally }
}

/** What several processes have counted. */
export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (total, tally) => ({
      requests: added(total.requests, tally.requests),
      problems: added(total.problems, tally.problems),
      abandoned: total.abandoned + tally.abandoned,
      brokenOff: total.brokenOff + tally.brokenOff,
      durations: total.durations.map((count, i) => count + (tally.durations[i] ?? 0)),
      durationS: total.durationS + tally.durationS,
    }),
    NOTHING,
  )
}

const NOTHING: Tally = {
  requests: {},
  problems: {},
  abandoned: 0,
  brokenOff: 0,
  durations: new Array<number>(DURATION_BOUNDS_S.length + 1).fill(0),
  durationS: 0,
}

function added(a: Tally['requests'], b: Tally['requests']): Tally['requests'] {
  const sums = { ...a }
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

function boundOf(seconds: number): number {
  const at = DURATION_BOUNDS_S.findIndex((bound) => seconds <= bound)
  return at === -1 ? DURATION_BOUNDS_S.length : at
}

/** Numbers by method and status: Node knows some forty methods, and a status is below a thousand. */
class Counts {
  readonly #byMethod = new Map<string, Float64Array>()

  add(method: string | undefined, status: number): void {
    const name = method ?? 'unknown'
    const counts = this.#byMethod.get(name) ?? this.#begin(name)
    counts[status] = (counts[status] ?? 0) + 1
  }

  named(source: string): Record<string, number> {
    const entries = [...this.#byMethod].flatMap(([method, counts]) =>
      [...counts].flatMap((count, status) =>
        count > 0 ? [[`${method} ${status} ${source}`, count] as const] : [],
      ),
    )
    return Object.fromEntries(entries)
  }

  #begin(method: string): Float64Array {
    const counts = new Float64Array(MAX_STATUS)
    this.#byMethod.set(method, counts)
    return counts
  }
}
