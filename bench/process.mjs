/** What a process and all that descend from it have used, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ is 100 on every architecture that Node.js is built for on Linux. */
const TICK_MICROS = 10_000
const UTIME = 11

/**
 * Processor time of a process tree in microseconds, user and system, with that of children that have ended.
 * The kernel counts in ticks, of 10 ms as a rule.
 */
export function cpuMicros(pid) {
  let ticks = 0
  for (const each of tree(pid)) {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    for (const value of fields.slice(UTIME, UTIME + 4)) ticks += Number(value)
  }
  return ticks * TICK_MICROS
}

/**
 * How long the threads of a process tree that are there now have been ready to run and had no core, in microseconds.
 */
export function waitedMicros(pid) {
  let nanos = 0
  for (const each of tree(pid))
    for (const task of readdirSync(`/proc/${each}/task`))
      nanos += Number(readFileSync(`/proc/${each}/task/${task}/schedstat`, 'utf8').split(' ')[1])
  return nanos / 1_000
}

/**
 * Memory of a process tree in bytes: `rss` counts what processes share once for each of them, `pss` once in all.
 */
export function memory(pid) {
  const sum = { rss: 0, pss: 0 }
  for (const each of tree(pid)) {
    const rollup = readFileSync(`/proc/${each}/smaps_rollup`, 'utf8')
    sum.rss += 1_024 * Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1])
    sum.pss += 1_024 * Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1])
  }
  return sum
}

/** Resident memory of one process in bytes, which costs it nothing to tell. */
export function residentMemory(pid) {
  return 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** Calls `sample` every `ms` until the returned function is called. */
export function sampling(ms, sample) {
  const timer = setInterval(sample, ms)
  return () => clearInterval(timer)
}

/** Runs something and returns, beside what it gave, the most memory that a process tree had meanwhile. */
export async function withPeakMemory(pid, run) {
  const peak = { rss: 0, pss: 0 }
  const sample = () => {
    const now = memory(pid)
    peak.rss = Math.max(peak.rss, now.rss)
    peak.pss = Math.max(peak.pss, now.pss)
  }
  const end = sampling(250, sample)
  try {
    const value = await run()
    sample()
    return { value, peak }
  } finally {
    end()
  }
}

function tree(pid) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  )
  return [pid, ...children.flatMap(tree)]
}
