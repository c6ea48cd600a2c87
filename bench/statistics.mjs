/** The middle one of some numbers; of an even count, the mean of the middle two. */
export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2
}

/** From the least of some numbers to the greatest. */
export const spread = (numbers) => Math.max(...numbers) - Math.min(...numbers)

/** The slope of the line through points `[x, y]` that misses them least, by the squares of the distances in y. */
export function slope(points) {
  const mean = (index) => points.reduce((sum, point) => sum + point[index], 0) / points.length
  const [meanX, meanY] = [mean(0), mean(1)]
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0)
  return over / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
}

/** The median of each figure, those within figures too, of what was measured in several rounds. */
export function medians(rounds) {
  const keys = Object.keys(rounds[0])
  return Object.fromEntries(
    keys.map((key) => {
      const values = rounds.map((round) => round[key])
      return [key, typeof values[0] === 'object' ? medians(values) : median(values)]
    }),
  )
}
