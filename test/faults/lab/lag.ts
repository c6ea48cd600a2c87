/**
 * How late a timer of this process has been in the last seconds, at worst, in milliseconds. On a machine that has more
 * to do than it can, the program and its cluster are late by as much, and neither can know.
 */
export function machineLag(): number {
  return Math.max(...lags)
}

const EVERY_MS = 50
const KEPT = 5_000 / EVERY_MS

const lags = [0]
let last = performance.now()

setInterval(() => {
  const now = performance.now()
  lags.push(Math.max(0, now - last - EVERY_MS))
  if (lags.length > KEPT) lags.shift()
  last = now
}, EVERY_MS).unref()
