/** Time, handed in so that a test can drive a year in a second. All instants and durations in milliseconds. */
export interface Clock {
  /** Never goes back and counts the time that the machine slept. */
  now(): number
  /** Never goes back, may or may not count sleep: for spacing one event from the next. */
  monotonic(): number
  /** Runs `action` once, not before `delayMs` of awake time; never keeps the process alive. Returns its cancellation. */
  setTimer(action: () => void, delayMs: number): () => void
}

/** A difference between the two clocks that is drift below this, and a sleep or a correction above it. */
const JUMP_MS = 1_000

/**
 * Joins a monotonic clock that stands still while a laptop sleeps with a wall clock that somebody may set:
 * the result follows the monotonic one, leaps ahead with the wall clock, and ignores a wall clock set back.
 */
export function sleepSafe(monotonic: () => number, wall: () => number): () => number {
  let leaps = 0
  let skew = wall() - monotonic()
  return () => {
    const ticks = monotonic()
    const leap = wall() - ticks - skew
    if (leap > JUMP_MS) leaps += leap
    // Set back by however little: what follows is measured from there.
    if (leap > JUMP_MS || leap < 0) skew += leap
    return ticks + leaps
  }
}

/** The real clock. */
export function systemClock(): Clock {
  const monotonic = () => performance.now()
  return {
    now: sleepSafe(monotonic, Date.now),
    monotonic,
    setTimer(action, delayMs) {
      const timer = setTimeout(action, delayMs)
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
