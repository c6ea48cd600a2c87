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

/** A timer that comes this much too late tells of a time in which this process could hear nothing. */
export const LATE_MS = 1_000
const SLICE_MS = 1_000
/** For what came meanwhile: Node runs timers that are overdue before it looks at its sockets. */
const HEARING_MS = 100

/**
 * As `setTimer`, for the longest that something is waited for. Of a time in which this process was stopped or blocked
 * it counts a second at most, and what came meanwhile is heard before the time is up.
 */
export function setLimit(clock: Clock, action: () => void, delayMs: number): () => void {
  let cancel = () => {}
  const wait = (leftMs: number) => {
    const sliceMs = Math.min(leftMs, SLICE_MS)
    const dueAt = clock.monotonic() + sliceMs
    cancel = clock.setTimer(() => {
      if (leftMs > sliceMs) wait(leftMs - sliceMs)
      else if (clock.monotonic() > dueAt + LATE_MS) cancel = clock.setTimer(action, HEARING_MS)
      else action()
    }, sliceMs)
  }
  wait(delayMs)
  return () => cancel()
}

/** An instant that other processes of this machine understand, in milliseconds. */
export interface Instant {
  monotonic: number
  wall: number
}

/** This instant. */
export function instant(): Instant {
  return { monotonic: Number(process.hrtime.bigint() / 1_000_000n), wall: Date.now() }
}

/** How long ago it was, sleep included: too long rather than too short if the wall clock has been set. */
export function elapsedMs({ monotonic, wall }: Instant, now = instant()): number {
  return Math.max(0, now.monotonic - monotonic, now.wall - wall)
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
