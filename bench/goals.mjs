/** What this proxy promises beside others, each goal with the figure that it is held to. */
import { spread } from './statistics.mjs'

const MB = 1e6
/** A leak of one object a request is one of 16 bytes at least, in this engine. */
const FLAT_BYTES_PER_REQUEST = 2
/** Of fewer requests, the heap is still finding its size in the second half. */
const MANY = 500_000

/**
 * `measure` takes the cases of a run and gives the figure and whether it is good; undefined if it was not measured.
 */
export const goals = [
  {
    what: 'CPU of a small GET, beside nginx',
    limit: '≤ 2.50 ×',
    measure: ratio('get', 'cpuMicros', 'nginx', (value) => value <= 2.5),
  },
  {
    what: 'CPU of a small GET, beside @fastify/http-proxy',
    limit: '≤ 0.50 ×',
    measure: ratio('get', 'cpuMicros', 'fastify', (value) => value <= 0.5),
  },
  {
    what: 'Small GETs a second of a core, beside Caddy',
    limit: '≥ 1.50 ×',
    measure: ratio('get', 'requestsPerCpuSecond', 'caddy', (value) => value >= 1.5),
  },
  {
    what: 'Small GETs a second of a core, beside Go',
    limit: '≥ 1.50 ×',
    measure: ratio('get', 'requestsPerCpuSecond', 'go', (value) => value >= 1.5),
  },
  {
    what: 'p99 of a small GET, 64 connections',
    limit: '≤ 1.5 × nginx + 2 ms',
    measure: beside('get', 'nginx', (ours, nginx) => ({
      text: `${ms(ours.p99)} ms, limit ${ms(1.5 * nginx.p99 + 2_000)} ms`,
      ok: ours.p99 <= 1.5 * nginx.p99 + 2_000,
    })),
  },
  {
    what: 'Latency added at the median, 1 connection',
    limit: '≤ 0.15 ms',
    measure: beside('one', 'direct', (ours, direct) => ({
      text: `${((ours.p50 - direct.p50) / 1_000).toFixed(3)} ms`,
      ok: ours.p50 - direct.p50 <= 150,
    })),
  },
  {
    what: 'Bytes of a CPU second, 10 MiB down, beside nginx',
    limit: '≥ 0.70 ×',
    measure: beside('down', 'nginx', bytesDown),
  },
  { what: 'p99 with tokens of 3 s', limit: 'within the spread of rounds', measure: renewalUnnoticed },
  {
    what: '500 open long polls, over idle (RSS)',
    limit: '≤ 25 MB',
    measure: only('polls', ({ over, held }) => ({
      text: `${(over.rss / MB).toFixed(1)} MB, ${held} held`,
      ok: over.rss <= 25 * MB && held === 500,
    })),
  },
  {
    what: 'Memory over many requests (second half)',
    limit: `< ${FLAT_BYTES_PER_REQUEST} bytes a request`,
    measure: only('million', memoryFlat),
  },
]

const ms = (micros) => (micros / 1_000).toFixed(2)

function figuresOf(cases, caseName, name) {
  const figures = cases[caseName]?.medians[name]
  return figures?.failed === undefined ? figures : undefined
}

function only(caseName, judge) {
  return (cases) => {
    const ours = figuresOf(cases, caseName, 'ours')
    return ours && judge(ours)
  }
}

function beside(caseName, peer, judge) {
  return (cases) => {
    const [ours, other] = ['ours', peer].map((name) => figuresOf(cases, caseName, name))
    return ours && other && judge(ours, other, cases[caseName].medians)
  }
}

function ratio(caseName, figure, peer, isGood) {
  return beside(caseName, peer, (ours, other) => {
    const value = ours[figure] / other[figure]
    return { text: `${value.toFixed(2)} ×`, ok: isGood(value) }
  })
}

/** Held to nginx with its own defaults; beside it stands what nginx makes of larger buffers. */
function bytesDown(ours, nginx, { nginxLarge }) {
  const over = (other) => ours.bytesPerCpuSecond / other.bytesPerCpuSecond
  const tuned = nginxLarge?.bytesPerCpuSecond ? ` (${over(nginxLarge).toFixed(2)} × with larger buffers)` : ''
  return { text: `${over(nginx).toFixed(2)} ×${tuned}`, ok: over(nginx) >= 0.7 }
}

function memoryFlat({ bytesPerRequest, requests }) {
  if (requests < MANY) return undefined
  const text = `${bytesPerRequest.toFixed(2)} over ${requests.toLocaleString('en-US')}`
  return { text, ok: bytesPerRequest < FLAT_BYTES_PER_REQUEST }
}

/** No worse than a round of one and the same kind can differ from another. */
function renewalUnnoticed(cases) {
  const ours = figuresOf(cases, 'renewal', 'ours')
  if (ours === undefined) return undefined
  const rounds = cases.renewal.rounds.ours
  const noise = Math.max(...['short', 'long'].map((name) => spread(rounds.map((round) => round[name].p99))))
  const more = ours.short.p99 - ours.long.p99
  const text = `${ms(ours.short.p99)} ms, with tokens of a day ${ms(ours.long.p99)} ms, spread ${ms(noise)} ms`
  return { text, ok: more <= noise && rounds.every((round) => round.short.tokenRequests > 0) }
}
