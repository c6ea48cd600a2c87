/**
 * How late a timer of this script has been in the last ten seconds, at worst, in milliseconds. It is callers, provider and
 * cluster at once: what it is late by is no fault of the proxy's.
 */
export function lag() {
  return Math.max(...lags)
}

const EVERY_MS = 50
const KEPT = 10_000 / EVERY_MS

const lags = [0]
let last = performance.now()

setInterval(() => {
  const now = performance.now()
  lags.push(Math.max(0, now - last - EVERY_MS))
  if (lags.length > KEPT) lags.shift()
  last = now
}, EVERY_MS).unref()
