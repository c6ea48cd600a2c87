/** A worker that ends this soon, in milliseconds, has a fault that the next one may have as well. */
const SOON_MS = 5_000
const FIRST_PAUSE_MS = 100
const LONGEST_PAUSE_MS = 10_000

/** How often in a row a worker has ended soon, given how often it had before. */
export function soonEnds(before: number, livedMs: number): number {
  return livedMs < SOON_MS ? before + 1 : 0
}

/** How long to wait before a worker is replaced, in milliseconds: not at all, unless it has ended soon twice. */
export function pauseBeforeMs(soonEnds: number): number {
  return soonEnds < 2 ? 0 : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (soonEnds - 2))
}
