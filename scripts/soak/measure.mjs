/** What a program and its workers hold, from /proc. */
import { readdirSync, readFileSync } from 'node:fs'

/** Resident memory of a process and all that it started, in bytes. */
export function memory(pid) {
  return sum(
    pid,
    (each) => 1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${each}/status`, 'utf8'))?.[1]),
  )
}

/** Open files and sockets of the same. */
export function handles(pid) {
  return sum(pid, (each) => readdirSync(`/proc/${each}/fd`).length)
}

/** By how much a row of figures grows from one to the next, by least squares. */
export function slope(figures) {
  const middle = (figures.length - 1) / 2
  const mean = figures.reduce((all, one) => all + one, 0) / figures.length
  let [up, across] = [0, 0]
  figures.forEach((figure, at) => {
    up += (at - middle) * (figure - mean)
    across += (at - middle) ** 2
  })
  return across === 0 ? 0 : up / across
}

function sum(pid, measure) {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => childrenOf(pid, task))
  return measure(pid) + children.reduce((all, child) => all + sum(child, measure), 0)
}

/** None where the kernel does not tell, or where the thread has just ended. */
function childrenOf(pid, task) {
  try {
    return readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean)
  } catch {
    return []
  }
}
