/** What goes wrong in a soak, where, and when. */

/**
 * @typedef {object} Fault
 * @property {string[]} explains the outcomes that a caller may see because of it
 * @property {number} [healsMs] how long after its end it may still be seen; without it, it is done to single requests
 *   and explains what becomes of those
 */

const NO_CREDENTIAL = { explains: ['503 credential-unavailable'], healsMs: 8_000 }
const BROKEN = ['502 upstream-broke-off', '502 upstream-unreachable', 'the answer was cut off']

/** @type {Record<'provider' | 'cluster', Record<string, Fault>>} */
const faults = {
  provider: {
    'refuses connections': NO_CREDENTIAL,
    'is slow': NO_CREDENTIAL,
    resets: NO_CREDENTIAL,
    'answers half': NO_CREDENTIAL,
    'answers 500': NO_CREDENTIAL,
    'answers 429': NO_CREDENTIAL,
    'answers 503': NO_CREDENTIAL,
    'answers with a page': NO_CREDENTIAL,
    'answers with nothing': NO_CREDENTIAL,
  },
  cluster: {
    'refuses connections': { explains: BROKEN, healsMs: 500 },
    'resets before the head': { explains: BROKEN },
    'resets within the head': { explains: BROKEN },
    'answers half': { explains: BROKEN },
    'answers garbage': { explains: BROKEN },
    'answers 429': { explains: ['429 of the cluster'] },
    'answers 500': { explains: ['500 of the cluster'] },
    'answers 503': { explains: ['503 of the cluster'] },
    stalls: { explains: [] },
    'answers in drops': { explains: [] },
    'reads in drops': { explains: [] },
    // What is sent on a connection just as it is closed is lost: a safe request is sent again, no other is.
    'closes idle connections': { explains: BROKEN, healsMs: 500 },
    // Healed by a renewal, at once if the last that was forced is long enough ago, at the token's end otherwise.
    'revokes tokens': { explains: ['401 of the cluster'], healsMs: 8_000 },
  },
}

/**
 * `lateMs` is what healing may take longer on a machine that was so busy.
 * @typedef {{ place: 'provider' | 'cluster', kind: string, from: number, to: number, lateMs: number }} Window
 */

const QUIET_MS = [1_000, 5_000]
const FAULT_MS = [1_000, 6_000]

/**
 * The faults of one place, one after the other until `endMs`, each once before any comes again. Times are milliseconds from the beginning of the load.
 * @param {ReturnType<typeof import('./random.mjs').chance>} random
 * @param {'provider' | 'cluster'} place
 * @param {number} endMs
 * @returns {Window[]}
 */
export function timetable(random, place, endMs) {
  const windows = []
  let left = []
  let from = random.between(...QUIET_MS)
  for (;;) {
    const to = from + random.between(...FAULT_MS)
    if (to > endMs) return windows
    if (left.length === 0) left = random.shuffled(Object.keys(faults[place]))
    windows.push({ place, kind: left.pop(), from, to, lateMs: 0 })
    from = to + random.between(...QUIET_MS)
  }
}

/**
 * The fault that explains how a call went, in words; undefined if none does.
 * @param {import('./callers.mjs').Call} call
 * @param {Window[]} windows
 * @param {readonly string[]} done what the cluster did to the call's own requests
 */
export function explanation(call, windows, done) {
  const own = done.find((kind) => faults.cluster[kind]?.explains.includes(call.outcome))
  if (own !== undefined) return `the cluster ${own}`
  const window = windows.find(({ place, kind, from, to, lateMs }) => {
    const { explains, healsMs } = faults[place][kind]
    const isThen = healsMs !== undefined && call.from <= to + healsMs + lateMs && call.to >= from
    return isThen && explains.includes(call.outcome)
  })
  return window && `the ${window.place} ${window.kind}`
}
