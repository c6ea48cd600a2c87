import type { Tally } from '../gateway/tally.ts'

/** How answers are told apart: by their status, and whether the cluster or this proxy gave them. */
const classes = ['2xx', '3xx', '4xx', '5xx', 'proxy'] as const
export type StatusClass = (typeof classes)[number]
export type Counts = Record<StatusClass, number>

/** What was answered in one step. */
export interface Step {
  /** How long ago it ended, in milliseconds. */
  agoMs: number
  counts: Counts
}

export const STEP_MS = 5_000
/** Five minutes. */
export const MAX_STEPS = 60

/** Remembers how many requests were answered in each of the last steps, out of counts that only grow. */
export class RequestsHistory {
  readonly #steps: { at: number; counts: Counts }[] = []
  #last: Counts | undefined

  /** What has been counted until `now`: what is new of it makes a step. The first time is where counting begins. */
  add(tally: Tally, now: number): void {
    const total = byClass(tally)
    if (this.#last !== undefined) this.#steps.push({ at: now, counts: minus(total, this.#last) })
    if (this.#steps.length > MAX_STEPS) this.#steps.shift()
    this.#last = total
  }

  /** The oldest first; those of the last five minutes. */
  steps(now: number): Step[] {
    return this.#steps
      .map(({ at, counts }) => ({ agoMs: Math.round(now - at), counts }))
      .filter(({ agoMs }) => agoMs < STEP_MS * MAX_STEPS)
  }
}

/** A preflight that was answered well is no refusal. */
function byClass({ requests }: Tally): Counts {
  const counts = none()
  for (const [key, count] of Object.entries(requests)) {
    const [, status = '', source] = key.split(' ')
    const name = source === 'proxy' && Number(status) >= 400 ? 'proxy' : `${status[0]}xx`
    if (isClass(name)) counts[name] += count
  }
  return counts
}

function isClass(name: string): name is StatusClass {
  return (classes as readonly string[]).includes(name)
}

/** A process that ended before it told its last counts may take some with it. */
function minus(total: Counts, before: Counts): Counts {
  const counts = none()
  for (const name of classes) counts[name] = Math.max(0, total[name] - before[name])
  return counts
}

function none(): Counts {
  return { '2xx': 0, '3xx': 0, '4xx': 0, '5xx': 0, proxy: 0 }
}
