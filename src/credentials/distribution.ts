/** How many values were so large and no larger, as numbers that can be added up and sent to another process. */
export interface Distribution {
  /** In rising order. */
  bounds: readonly number[]
  /** A place for each bound, and one for what is beyond the last. */
  counts: number[]
  sum: number
}

/** One that nothing has been added to. */
export function emptyDistribution(bounds: readonly number[]): Distribution {
  return { bounds, counts: new Array<number>(bounds.length + 1).fill(0), sum: 0 }
}

/** Adds a value, in the unit of the bounds. */
export function observe(distribution: Distribution, value: number): void {
  const { bounds, counts } = distribution
  let at = 0
  while (at < bounds.length && value > (bounds[at] ?? 0)) at++
  counts[at] = (counts[at] ?? 0) + 1
  distribution.sum += value
}

/** Those of two that have the same bounds, together. */
export function together(one: Distribution, other: Distribution): Distribution {
  const counts = one.counts.map((count, at) => count + (other.counts[at] ?? 0))
  return { bounds: one.bounds, counts, sum: one.sum + other.sum }
}
