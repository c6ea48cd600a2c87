import { type Distribution, emptyDistribution, observe, together } from '../credentials/distribution.ts'
import { problemKind } from '../errors.ts'
import type { AccessLog } from './access-log.ts'
import type { Meter } from './meter.ts'

/** How requests went, as numbers that can be added up and sent to another process. */
export interface Tally {
  /** By `METHOD STATUS SOURCE`: who answered was the `upstream`, which is the cluster, or this `proxy`. */
  requests: Record<string, number>
  /** By the code of the problem that was answered. */
  problems: Record<string, number>
  /** Requests that were sent once more, by the reason. */
  retries: Record<string, number>
  /** Forwarded requests that came with `Authorization`, by what became of it. */
  authorizations: Record<string, number>
  /** Callers who left before they had their answer. */
  abandoned: number
  /** Answers that broke off. */
  brokenOff: number
  /** Requests that are with the cluster, or wait for a credential, now. */
  inFlight: number
  /** How long the event loop has been busy, in seconds. */
  busyS: number
  /** How long answers of the cluster took, in seconds. */
  durations: Distribution
  /** How long requests took from their head to being handed to the connections, in seconds. */
  overheads: Distribution
  /** How long requests waited for a credential, in seconds: those that had to. */
  waits: Distribution
}

/** In seconds. The last but one is that of a long poll. */
const DURATION_BOUNDS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const
const OVERHEAD_BOUNDS_S = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.0025, 0.005, 0.01, 0.05] as const
const WAIT_BOUNDS_S = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 5, 10] as const

const MAX_STATUS = 1_000
/** RFC 9110 section 9 and RFC 5789; whatever else is sent counts as `other`. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])

/** Counts what goes through access logs, and what goes on to a cluster: a request pays for a few additions. */
export function counter(): { counted(log: AccessLog): AccessLog; meter: Meter; tally(): Tally } {
  const byCluster = new Counts()
  const byProxy = new Counts()
  const now = nothing()
  const counted = (log: AccessLog): AccessLog => ({
    answered(request, status, startedAt, brokeOff) {
      byCluster.add(request.method, status)
      if (brokeOff !== undefined) now.brokenOff++
      observe(now.durations, (performance.now() - startedAt) / 1_000)
      log.answered(request, status, startedAt, brokeOff)
    },
    refused(request, problem) {
      byProxy.add(request.method, problemKind(problem.code).status)
      increase(now.problems, problem.code)
      log.refused(request, problem)
    },
    preflight(request, status) {
      byProxy.add(request.method, status)
      log.preflight(request, status)
    },
    abandoned(request, startedAt) {
      now.abandoned++
      log.abandoned(request, startedAt)
    },
  })
  const tally = () => ({
    ...structuredClone(now),
    requests: { ...byCluster.named('upstream'), ...byProxy.named('proxy') },
    busyS: performance.eventLoopUtilization().active / 1_000,
  })
  return { counted, meter: meterOf(now), tally }
}

function meterOf(now: Tally): Meter {
  return {
    forwarded(readAt, authorization) {
      now.inFlight++
      observe(now.overheads, (performance.now() - readAt) / 1_000)
      if (authorization !== undefined) increase(now.authorizations, authorization)
    },
    ended() {
      now.inFlight--
    },
    waited(ms) {
      observe(now.waits, ms / 1_000)
    },
    retried(reason) {
      increase(now.retries, reason)
    },
  }
}

/** What several processes have counted. */
export function sum(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (total, tally) => ({
      requests: added(total.requests, tally.requests),
      problems: added(total.problems, tally.problems),
      retries: added(total.retries, tally.retries),
      authorizations: added(total.authorizations, tally.authorizations),
      abandoned: total.abandoned + tally.abandoned,
      brokenOff: total.brokenOff + tally.brokenOff,
      inFlight: total.inFlight + tally.inFlight,
      busyS: total.busyS + tally.busyS,
      durations: together(total.durations, tally.durations),
      overheads: together(total.overheads, tally.overheads),
      waits: together(total.waits, tally.waits),
    }),
    nothing(),
  )
}

/** What remains of the tally of a process that has ended: it has nothing in flight. */
export function closed(tally: Tally): Tally {
  return { ...tally, inFlight: 0 }
}

function nothing(): Tally {
  return {
    requests: {},
    problems: {},
    retries: {},
    authorizations: {},
    abandoned: 0,
    brokenOff: 0,
    inFlight: 0,
    busyS: 0,
    durations: emptyDistribution(DURATION_BOUNDS_S),
    overheads: emptyDistribution(OVERHEAD_BOUNDS_S),
    waits: emptyDistribution(WAIT_BOUNDS_S),
  }
}

function added(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  const sums = { ...a }
  for (const [name, count] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + count
  return sums
}

function increase(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

/** Numbers by method and status: a status is below a thousand. */
class Counts {
  readonly #byMethod = new Map<string, Float64Array>()

  add(method: string | undefined, status: number): void {
    const name = method !== undefined && METHODS.has(method) ? method : 'other'
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
