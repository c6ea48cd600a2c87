/**
 * What counting costs a request: `npm run --silent build && node --expose-gc --max-semi-space-size=512 bench/metrics.mjs`. The calls that a
 * forwarded request makes on its way are made without a counter and with one, in turn; the medians of nine rounds.
 */

import { readAt, stamp } from '../dist/gateway/meter.js'
import { counted } from '../dist/gateway/tally.js'
import { median } from './statistics.mjs'

const ROUNDS = 9
const REQUESTS = 1_000_000

const silent = { answered() {}, refused() {}, preflight() {}, abandoned() {} }
const { accessLog, meter } = counted(silent)

/** A request has its start noted with or without counters: so does the log. */
function uncountedRequest(request) {
  silent.answered(request, 200, performance.now())
}

function countedRequest(request) {
  stamp(request)
  const startedAt = performance.now()
  meter.forwarded(readAt(request), undefined)
  accessLog.answered(request, 200, startedAt)
  meter.ended()
}

function measure(run) {
  const requests = Array.from({ length: REQUESTS }, () => ({
    method: 'GET',
    url: '/v2/topology',
    headers: {},
  }))
  globalThis.gc?.()
  const heapBefore = process.memoryUsage().heapUsed
  const startedAt = process.hrtime.bigint()
  for (const request of requests) run(request)
  const ns = Number(process.hrtime.bigint() - startedAt) / REQUESTS
  return { ns, bytes: (process.memoryUsage().heapUsed - heapBefore) / REQUESTS }
}

if (globalThis.gc === undefined) {
  process.stderr.write(
    'bench: run it with node --expose-gc --max-semi-space-size=512, so that nothing is collected meanwhile\n',
  )
  process.exit(2)
}
const runs = { 'not counted': uncountedRequest, counted: countedRequest }
const results = Object.fromEntries(Object.keys(runs).map((name) => [name, []]))
for (let round = 0; round < ROUNDS; round++)
  for (const [name, run] of Object.entries(runs)) results[name].push(measure(run))
for (const [name, all] of Object.entries(results)) {
  const [ns, bytes] = [median(all.map(({ ns }) => ns)), median(all.map(({ bytes }) => bytes))]
  process.stdout.write(
    `${name.padEnd(12)} ${ns.toFixed(0).padStart(6)} ns  ${bytes.toFixed(0).padStart(5)} bytes a request\n`,
  )
}
