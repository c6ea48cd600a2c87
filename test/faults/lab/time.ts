import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { childrenOf, isAlive } from '../../helpers/workers.ts'
import type { Lab } from './lab.ts'

/** What is done to the time of a process; see time-preload.mjs. */
export type Order = 'wall' | 'block' | 'late'

/** Which processes: the one that was started, those that it started, the first of those, or all. */
export type Which = 'primary' | 'workers' | 'one worker' | 'all'

const preload = pathToFileURL('test/faults/lab/time-preload.mjs').href

/** Settings of a program whose time can be bent. */
export function bendable(t: Test): Record<string, string> {
  t.testdir()
  return { NODE_OPTIONS: `--import=${preload}`, TIME_ORDERS: ordersOf(t) }
}

/** Bends the time of these processes by so many milliseconds. */
export function order(lab: Lab, t: Test, which: Which, what: Order, ms: number): void {
  writeFileSync(ordersOf(t), JSON.stringify({ order: what, ms }))
  signal(lab, which, 'SIGUSR2')
}

/** Stops these processes or lets them go on. */
export function signal(lab: Lab, which: Which, name: NodeJS.Signals): void {
  for (const pid of processes(lab, which)) if (isAlive(pid)) process.kill(pid, name)
}

function processes(lab: Lab, which: Which): number[] {
  const primary = lab.program().child.pid ?? 0
  if (which === 'primary') return [primary]
  const workers = childrenOf(primary)
  if (which === 'one worker') return workers.slice(0, 1)
  return which === 'workers' ? workers : [primary, ...workers]
}

function ordersOf(t: Test): string {
  return join(t.testdirName, 'orders.json')
}
