/** The tables, in Markdown that reads well as plain text too. */
import { cases } from './cases.mjs'
import { goals } from './goals.mjs'
import { proxies } from './proxies.mjs'

/** Below this share of its core a proxy was not what limited the throughput. */
const BUSY = 0.9

const whole = (value) => Math.round(value).toLocaleString('en-US')
const tenth = (value) => value.toFixed(1)
const ms = (micros) => (micros / 1_000).toFixed(2)
const fineMs = (micros) => (micros / 1_000).toFixed(3)
const mb = (bytes) => (bytes / 1e6).toFixed(1)
const times = (value, base) => (value === undefined || base === undefined ? '–' : (value / base).toFixed(2))

/** Columns by what a case shows: a heading, and the cell of one proxy's figures beside nginx's and the direct ones. */
const columns = {
  requests: [
    ['requests/s', rate((figures) => whole(figures.requestsPerSecond))],
    ['CPU µs/request', ({ cpuMicros }) => cpuMicros && tenth(cpuMicros)],
    ['× nginx', ({ cpuMicros }, { nginx }) => times(cpuMicros, nginx?.cpuMicros)],
    ['requests/CPU s', ({ requestsPerCpuSecond }) => requestsPerCpuSecond && whole(requestsPerCpuSecond)],
    ['p50 ms', ({ p50 }) => ms(p50)],
    ['p99 ms', ({ p99 }) => ms(p99)],
    ['p99.9 ms', ({ p999 }) => ms(p999)],
    ...shared(),
  ],
  bytes: [
    ['MB/s', rate((figures) => figures.bytesPerSecond && whole(figures.bytesPerSecond / 1e6))],
    ['MB/CPU s', ({ bytesPerCpuSecond }) => bytesPerCpuSecond && whole(bytesPerCpuSecond / 1e6)],
    ['× nginx', ({ bytesPerCpuSecond }, { nginx }) => times(bytesPerCpuSecond, nginx?.bytesPerCpuSecond)],
    ['p50 ms', ({ p50 }) => ms(p50)],
    ['p99 ms', ({ p99 }) => ms(p99)],
    ...shared(),
  ],
  latency: [
    ['p50 ms', ({ p50 }) => fineMs(p50)],
    ['added ms', ({ p50 }, { direct }) => direct && fineMs(p50 - direct.p50)],
    ['p99 ms', ({ p99 }) => ms(p99)],
    ['CPU µs/request', ({ cpuMicros }) => cpuMicros && tenth(cpuMicros)],
    ['× nginx', ({ cpuMicros }, { nginx }) => times(cpuMicros, nginx?.cpuMicros)],
  ],
  polls: [
    ['held at once', ({ held }) => whole(held)],
    ['answered', ({ answered }) => whole(answered)],
    ['idle MB (RSS)', ({ idle }) => mb(idle.rss)],
    ['over idle MB (RSS)', ({ over }) => mb(over.rss)],
    ['over idle MB (PSS)', ({ over }) => mb(over.pss)],
  ],
}

function shared() {
  return [
    ['core busy', ({ busy }) => busy && `${Math.round(busy * 100)} %`],
    ['idle MB', ({ idle }) => idle && `${mb(idle.rss)} (${mb(idle.pss)})`],
    ['peak MB', ({ peak }) => peak && `${mb(peak.rss)} (${mb(peak.pss)})`],
  ]
}

/** A rate, and whether something other than the proxy set it. */
function rate(show) {
  return ({ busy, waited, ...figures }) => {
    if (busy === undefined || busy >= BUSY) return show(figures)
    return `${show(figures)} (${waited >= 1 - BUSY ? 'core shared' : 'driver-bound'})`
  }
}

/** Everything that is worth reading of a run. */
export function report(results) {
  const parts = [intro(results), ...Object.entries(results.cases).map(caseText), goalsText(results)]
  return `${parts.join('\n\n')}\n`
}

function intro({ machine, settings, absent, minutes }) {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version ?? 'none'}`)
  const { proxy, cluster, load } = machine.cores
  return [
    '# The proxy beside others',
    '',
    `${machine.date.slice(0, 10)}, ${machine.cpu}, ${machine.logicalCpus} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel},`,
    `load average at the start ${machine.loadAverage.join(' ')}. Proxy on core ${proxy}, cluster on ${cluster}, load on ${load}.`,
    `Medians of ${settings.rounds} rounds of ${settings.seconds} s each; ${minutes} minutes in all.`,
    `${versions.join(', ')}.`,
    ...absent,
    '',
    'Memory is that of all processes of a proxy: RSS, and in brackets PSS, which counts shared pages once.',
    `Where a proxy used less than ${BUSY * 100} % of its core, its rate says little, and its CPU time is what to compare:`,
    '"driver-bound" if it had nothing to do meanwhile, "core shared" if other processes of the machine had its core.',
  ].join('\n')
}

function caseText([name, { rounds, medians }]) {
  const { title, kind, shows } = cases[name]
  const own = { renewal, million }[kind]
  return `## ${title}\n\n${own ? own(rounds.ours, medians.ours) : comparison(columns[shows ?? kind], medians)}`
}

function comparison(ofCase, medians) {
  const usable = Object.fromEntries(Object.entries(medians).filter(([, each]) => each.failed === undefined))
  const names = ['direct', ...Object.keys(proxies)].filter((name) => name in medians)
  const rows = names.map((name) => {
    const { failed } = medians[name]
    const cells = ofCase.map(([, cell], i) => (failed ? ['FAILED'][i] : cell(medians[name], usable)) ?? '–')
    return [proxies[name]?.label ?? 'no proxy', ...cells]
  })
  const failures = names.filter((name) => medians[name].failed)
  return [
    table(['', ...ofCase.map(([heading]) => heading)], rows),
    ...failures.map((name) => `\nFAILED, ${name}: ${medians[name].failed}`),
  ].join('\n')
}

function renewal(rounds, { failed, short, long } = {}) {
  if (short === undefined) return failed ? `FAILED: ${failed}` : 'Not measured.'
  const row = (label, name, { requests, p50, p99, p999 }) => [
    label,
    whole(requests),
    rounds.map((round) => round[name].tokenRequests).join(', '),
    ms(p50),
    `${ms(p99)} (${rounds.map((round) => ms(round[name].p99)).join(', ')})`,
    ms(p999),
  ]
  const head = ['tokens live', 'requests', 'token requests', 'p50 ms', 'p99 ms (rounds)', 'p99.9 ms']
  const text = table(head, [row('a day', 'long', long), row('3 s', 'short', short)])
  return `${text}\n\nEvery answer was 200; the cluster refuses a token that is past its life.`
}

function million(_rounds, { failed, points, requests, bytesPerRequest } = {}) {
  if (points === undefined) return failed ? `FAILED: ${failed}` : 'Not measured.'
  const rows = points.map(([count, bytes]) => [whole(count), mb(bytes)])
  const text = table(['requests so far', 'MB resident (RSS)'], rows)
  const sloping = `${bytesPerRequest.toFixed(2)} bytes a request`
  return `${text}\n\n${whole(requests)} requests, every answer 200. Second half: ${sloping}, by least squares.`
}

function goalsText(results) {
  const rows = goals.map(({ what, limit, measure }) => {
    const found = measure(results.cases)
    return found === undefined
      ? [what, limit, '–', 'not measured']
      : [what, limit, found.text, found.ok ? 'ok' : 'NOT MET']
  })
  return `## Goals\n\n${table(['', 'goal', 'measured', ''], rows)}`
}

/** The first column reads from the left, numbers from the right. */
function table(head, rows) {
  const all = [head, ...rows].map((row) => row.map(String))
  const widths = head.map((_, i) => Math.max(3, ...all.map((row) => row[i].length)))
  const pad = (cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))
  const lines = all.map((row) => `| ${row.map(pad).join(' | ')} |`)
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  lines.splice(1, 0, `| ${rule.join(' | ')} |`)
  return lines.join('\n')
}
