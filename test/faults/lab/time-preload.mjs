// Loaded into a program before anything else (`node --import`): bends its time as told. What to do is written, as
// JSON, to the file that TIME_ORDERS names; SIGUSR2 has it read. Of the program itself nothing is changed.
import { readFileSync } from 'node:fs'

const realNow = Date.now
const realPerformanceNow = performance.now.bind(performance)
const realSetTimeout = globalThis.setTimeout
/** By how much the wall clock is off, and by how much timers are late. */
const state = { wallMs: 0, lateMs: 0 }

const orders = {
  /** Somebody sets the wall clock, or the machine has slept, when the monotonic clock stands still. */
  wall(ms) {
    state.wallMs += ms
  },
  /** The event loop is busy. */
  block(ms) {
    const end = realPerformanceNow() + ms
    while (realPerformanceNow() < end);
  },
  /** From now on each timer that is set comes so much too late. */
  late(ms) {
    state.lateMs = ms
  },
}

Date.now = () => Math.round(realNow() + state.wallMs)
globalThis.Date = class extends Date {
  constructor(...given) {
    super(...(given.length === 0 ? [Date.now()] : given))
  }
}
globalThis.setTimeout = Object.assign(
  (action, delayMs, ...rest) => realSetTimeout(action, (delayMs ?? 0) + state.lateMs, ...rest),
  realSetTimeout,
)

process.on('SIGUSR2', () => {
  const { order, ms } = JSON.parse(readFileSync(process.env.TIME_ORDERS, 'utf8'))
  orders[order](ms)
})
