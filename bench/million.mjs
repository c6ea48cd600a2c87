/** Ours over very many requests: does its memory grow with them? */
import { drive } from './drive.mjs'
import { mustSign } from './load.mjs'
import { residentMemory, sampling } from './process.mjs'
import { median, slope } from './statistics.mjs'

const POINTS = 10
/** Requests a second, before the first have been made: too many rather than too few, which ends the first run soon. */
const GUESS = 100_000

/**
 * Makes at least so many requests, in tenths, and takes of each tenth the median of its resident memory, since that
 * goes up and down with garbage collection. Throws if any answer was not good.
 * @returns {Promise<{ requests: number, points: [number, number][], bytesPerRequest: number }>} points are requests so
 *   far, and bytes; the slope is that of the second half
 */
export async function memoryOver(total, proxy, { call, connections }, options) {
  await mustSign(proxy.url, call)
  const points = []
  let requests = 0
  let perSecond = GUESS
  for (let point = 1; point <= POINTS; point++) {
    const samples = []
    const end = sampling(100, () => samples.push(residentMemory(proxy.pid)))
    try {
      while (requests < (total * point) / POINTS) {
        const seconds = secondsFor((total * point) / POINTS - requests, perSecond)
        const driven = await drive(proxy.url, { ...call, connections }, { ...options, seconds })
        requests += driven.requests
        perSecond = driven.requests / driven.seconds
      }
    } finally {
      end()
    }
    if (samples.length > 0) points.push([requests, median(samples)])
  }
  return { requests, points, bytesPerRequest: slope(points.slice(-POINTS / 2)) }
}

/** Never so long that a rate measured before the compiler was done overshoots by much. */
const secondsFor = (requests, perSecond) => Math.min(Math.max(Math.ceil(requests / perSecond), 1), 5)
