/** What came of a soak, and what is wrong with it. */
import { explanation } from './faults.mjs'
import { slope } from './measure.mjs'
import { LIFETIMES_S } from './provider.mjs'

const MIB = 2 ** 20
/** What memory may grow by over the second half of a soak: a heap that has not found its size yet, and no leak. */
const MAX_GROWTH = 48 * MIB
/** A token is renewed after 70 % of its life at the earliest. */
const RENEWED_AFTER = 0.7
const MOST_TOLD = 20

/** @returns {{ text: string, reasons: string[] }} the table, and why the soak is not ok, if it is not */
export function report(soak) {
  const failures = soak.calls.filter(({ outcome }) => outcome !== 'ok' && outcome !== 'left')
  const explained = failures.map((call) => ({
    call,
    why: explanation(call, soak.windows, soak.cluster.done.get(call.id) ?? []),
  }))
  const half = soak.memories.slice(Math.floor(soak.memories.length / 2))
  const growth = slope(half) * half.length
  const bound = tokenRequestBound(soak)
  const { requests, tokens } = soak.provider
  const unexplained = explained.filter(({ why }) => why === undefined)
  const reasons = [
    ...unexplained.slice(0, MOST_TOLD).map(({ call }) => `unexplained: ${describe(call, soak)}`),
    ...(unexplained.length > MOST_TOLD ? [`and ${unexplained.length - MOST_TOLD} more`] : []),
    ...soak.cluster.violations.slice(0, MOST_TOLD).map((what) => `the cluster saw ${what}`),
    ...(requests.length > bound ? [`${requests.length} token requests, more than ${bound}`] : []),
    ...(growth > MAX_GROWTH ? [`memory grew by ${mib(growth)} over the second half`] : []),
    ...(soak.handlesAfter > soak.handlesBefore + soak.handlesMargin
      ? [`${soak.handlesAfter} handles at the end, ${soak.handlesBefore} at the start`]
      : []),
    ...(soak.openAtCluster > 0 ? [`${soak.openAtCluster} requests are still open at the cluster`] : []),
    ...(soak.code === 0 ? [] : [`the proxy ended with ${soak.code}`]),
    ...soak.secrets.map((secret) => `the proxy wrote ${secret}`),
  ]
  const lines = [
    ['calls by outcome', counted(soak.calls.map(({ outcome }) => outcome))],
    [
      'failures by cause',
      counted(explained.map(({ call, why }) => `${call.outcome}: ${why ?? 'NOT EXPLAINED'}`)),
    ],
    ['faults made', counted(soak.windows.map(({ place, kind }) => `${place} ${kind}`))],
    ['requests at the cluster', `${soak.cluster.state.requests}`],
    ['token requests', `${requests.length} (${tokens.size} tokens issued), at most ${bound}`],
    [
      'memory',
      `${mib(Math.max(...soak.memories))} at most, ${mib(half.at(-1))} at the end, ${perMinute(half)} over the second half`,
    ],
    ['handles', `${soak.handlesBefore} at the start, ${soak.handlesAfter} at the end`],
    ['slowest call that went well', slowest(soak.calls)],
    [
      'this script',
      `at most ${soak.notes.mostOpen} calls at once, ${Math.round(soak.notes.longestLagMs)} ms behind`,
    ],
  ]
  const text = lines.map(([name, value]) => `${name}: ${value}`)
  return { text: [...text, ...reasons].join('\n'), reasons }
}

/** One for each life of a token, one a second while the provider fails, one for each revocation, and the first. */
function tokenRequestBound({ windows, minutes }) {
  const lives = (minutes * 60) / (LIFETIMES_S[0] * RENEWED_AFTER)
  const failing = windows.filter(({ place }) => place === 'provider')
  const failingS = failing.reduce((all, { from, to }) => all + Math.ceil((to - from) / 1_000) + 1, 0)
  const revocations = windows.filter(({ kind }) => kind === 'revokes tokens').length
  return Math.ceil(lives) + failingS + revocations + 2
}

function describe({ id, name, from, to, outcome }, { windows, cluster }) {
  const at = (ms) => `${(ms / 1_000).toFixed(1)} s`
  const near = windows.filter((window) => window.from < to + 1_000 && window.to > from - 10_000)
  const faults = near.map((one) => `${one.place} ${one.kind} ${at(one.from)}–${at(one.to)}`).join(', ')
  const done = (cluster.done.get(id) ?? ['never came']).join(', ')
  return `${name} (${id}) ${at(from)}–${at(to)}: ${outcome}; at the cluster: ${done}; faults about then: ${faults || 'none'}`
}

function counted(things) {
  const counts = new Map()
  for (const thing of things) counts.set(thing, (counts.get(thing) ?? 0) + 1)
  const rows = [...counts].sort(([, a], [, b]) => b - a).map(([thing, count]) => `\n  ${count} ${thing}`)
  return rows.join('') || 'none'
}

function slowest(calls) {
  const well = calls.filter(({ outcome, name }) => outcome === 'ok' && name !== 'a long poll')
  return `${Math.round(well.reduce((most, { from, to }) => Math.max(most, to - from), 0))} ms, but for long polls`
}

/** The figures are a second apart. */
function perMinute(figures) {
  return `${((slope(figures) * 60) / MIB).toFixed(2)} MiB/min`
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`
}
