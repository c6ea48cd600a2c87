import { ownVersion } from '../config/version.ts'
import type { Distribution } from '../credentials/distribution.ts'
import { type KeeperState, keeperStates } from '../credentials/keeper.ts'
import type { ProblemCode } from '../errors.ts'
import type { Tally } from '../gateway/tally.ts'
import { attemptResults, type CredentialHistory, type CredentialName } from './credential-record.ts'
import type { ReloadStatus } from './reload-status.ts'

/** What there is to tell at one moment. */
export interface Measured {
  /** What the processes that forward have counted, together. */
  total: Tally
  credentials: readonly CredentialHistory[]
  /** Attempts that waited for their turn. */
  heldBack: number
  /** Undefined where settings are not reloaded. */
  reload: ReloadStatus | undefined
}

type Labels = Record<string, string>

interface Value {
  value: number
  labels?: Labels
  /** Of one of the series of a histogram. */
  suffix?: '_bucket' | '_sum' | '_count'
}

/** A metric: as it is told at `/metrics`, and in docs/metrics.md. */
export interface Metric {
  /** Without the prefix, unless it is one that every program has. */
  name: string
  type: 'counter' | 'gauge' | 'histogram'
  labels: readonly string[]
  help: string
  values(measured: Measured): Value[]
}

const PREFIX = 'camunda_auth_proxy_'

/** Why a request is rejected before anything goes to the cluster. */
const rejections: Partial<Record<ProblemCode, string>> = {
  'host-not-allowed': 'host',
  'origin-not-allowed': 'origin',
  'caller-not-authenticated': 'caller',
  'caller-refused': 'caller',
  'user-not-allowed': 'caller',
  'path-not-allowed': 'path',
  'unknown-cluster': 'path',
  'bad-path': 'path',
  'method-not-allowed': 'method',
  'read-only': 'scope',
  'not-in-scope': 'scope',
  'loop-detected': 'loop',
}

const ofCredential = ['cluster', 'api'] as const

const ofRequests: readonly Metric[] = [
  {
    name: 'requests_total',
    type: 'counter',
    labels: ['method', 'code', 'source'],
    help: 'Requests by method, status and who answered: the cluster (upstream) or this proxy. Rare methods count as other.',
    values: ({ total }) =>
      Object.entries(total.requests).map(([key, value]) => {
        const [method = '', code = '', source = ''] = key.split(' ')
        return { value, labels: { method, code, source } }
      }),
  },
  {
    name: 'request_duration_seconds',
    type: 'histogram',
    labels: [],
    help: 'From a request to the end of its answer by the cluster, long polls included.',
    values: ({ total }) => buckets(total.durations),
  },
  {
    name: 'proxy_overhead_seconds',
    type: 'histogram',
    labels: [],
    help: 'From the head of a request having been read to its being handed to the connections to the cluster: guard, route, headers, credential. Without a wait for a credential, and without the way back.',
    values: ({ total }) => buckets(total.overheads),
  },
  {
    name: 'upstream_inflight',
    type: 'gauge',
    labels: [],
    help: 'Requests that are with the cluster, or wait for a credential or connection, now.',
    values: ({ total }) => [{ value: total.inFlight }],
  },
  {
    name: 'retries_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Requests that were sent once more: with a newer credential after a 401 (unauthorized), or because their connection was lost before anything could be changed by them (connection-lost).',
    values: ({ total }) => labelled('reason', { unauthorized: 0, 'connection-lost': 0, ...total.retries }),
  },
  {
    name: 'rejected_total',
    type: 'counter',
    labels: ['reason'],
    help: 'Requests that were refused before anything went to the cluster, by what was wrong with them.',
    values: ({ total }) => labelled('reason', rejected(total.problems)),
  },
  {
    name: 'problems_total',
    type: 'counter',
    labels: ['problem'],
    help: 'Answers of this proxy in place of the cluster, by problem.',
    values: ({ total }) => labelled('problem', total.problems),
  },
  {
    name: 'inbound_authorization_total',
    type: 'counter',
    labels: ['action'],
    help: "Forwarded requests that came with Authorization, which was dropped, or used as that of the caller's own client.",
    values: ({ total }) => labelled('action', { dropped: 0, used: 0, ...total.authorizations }),
  },
  {
    name: 'abandoned_total',
    type: 'counter',
    labels: [],
    help: 'Callers who left before they had their answer.',
    values: ({ total }) => [{ value: total.abandoned }],
  },
  {
    name: 'broken_off_total',
    type: 'counter',
    labels: [],
    help: 'Answers of the cluster that broke off.',
    values: ({ total }) => [{ value: total.brokenOff }],
  },
]

const ofCredentials: readonly Metric[] = [
  {
    name: 'token_expiry_seconds',
    type: 'gauge',
    labels: ofCredential,
    help: 'How long the credential can still be used; 0 if there is none.',
    values: ({ credentials }) => statuses(credentials, ({ usableForMs }) => [{ value: usableForMs / 1_000 }]),
  },
  {
    name: 'token_state',
    type: 'gauge',
    labels: [...ofCredential, 'state'],
    help: 'The state of the credential: 1 for the one that it is in, 0 for the others.',
    values: ({ credentials }) =>
      statuses(credentials, ({ state: current }) =>
        keeperStates.map((state) => ({ value: state === current ? 1 : 0, labels: { state } })),
      ),
  },
  {
    name: 'token_last_success_timestamp_seconds',
    type: 'gauge',
    labels: ofCredential,
    help: 'When a credential was had last, in seconds since 1970; missing before the first.',
    values: ({ credentials }) =>
      each(credentials, ({ lastSuccessS }) => (lastSuccessS === undefined ? [] : [{ value: lastSuccessS }])),
  },
  {
    name: 'token_requests_total',
    type: 'counter',
    labels: [...ofCredential, 'result'],
    help: 'Attempts at a credential (token request, login, reading of a file) by how they ended; rejected: the client or user was refused, or what is given cannot be used; local: the fault is in a file, a command or this proxy.',
    values: ({ credentials }) =>
      each(credentials, ({ attempts }) =>
        attemptResults.map((result) => ({ value: attempts[result], labels: { result } })),
      ),
  },
  {
    name: 'token_request_duration_seconds',
    type: 'histogram',
    labels: ofCredential,
    help: 'How long these attempts took, however they ended.',
    values: ({ credentials }) => each(credentials, ({ durations }) => buckets(durations)),
  },
  {
    name: 'token_forced_refresh_total',
    type: 'counter',
    labels: [...ofCredential, 'reason'],
    help: 'Renewals ahead of time, because the cluster refused the credential (unauthorized: by a 401 or the end of a login).',
    values: ({ credentials }) =>
      each(credentials, ({ forced }) => [{ value: forced, labels: { reason: 'unauthorized' } }]),
  },
  {
    name: 'token_budget_denied_total',
    type: 'counter',
    labels: [],
    help: 'Attempts that were held back, since requests to one token URL are kept a second apart.',
    values: ({ heldBack }) => [{ value: heldBack }],
  },
  {
    name: 'token_wait_seconds',
    type: 'histogram',
    labels: [],
    help: 'How long requests waited for a credential: those for which none was at hand, whether or not one came.',
    values: ({ total }) => buckets(total.waits),
  },
]

const ofProcess: readonly Metric[] = [
  {
    name: 'build_info',
    type: 'gauge',
    labels: ['version', 'node'],
    help: 'Always 1: the versions of this proxy and of Node.js.',
    values: () => [{ value: 1, labels: { version: ownVersion(), node: process.versions.node } }],
  },
  {
    name: 'event_loop_busy_seconds_total',
    type: 'counter',
    labels: [],
    help: 'How long the event loops of the processes that forward were busy: at a rate of 1 for each process, callers wait.',
    values: ({ total }) => [{ value: total.busyS }],
  },
  {
    name: 'process_cpu_seconds_total',
    type: 'counter',
    labels: [],
    help: 'Processor time of the process that answers; with workers, that is not one of them.',
    values: () => {
      const { user, system } = process.cpuUsage()
      return [{ value: (user + system) / 1_000_000 }]
    },
  },
  {
    name: 'process_resident_memory_bytes',
    type: 'gauge',
    labels: [],
    help: 'Resident memory of the same process.',
    values: () => [{ value: process.memoryUsage.rss() }],
  },
  {
    name: 'process_start_time_seconds',
    type: 'gauge',
    labels: [],
    help: 'When it was started, in seconds since 1970.',
    values: () => [{ value: performance.timeOrigin / 1_000 }],
  },
]

const ofReloads: readonly Metric[] = [
  {
    name: 'config_last_reload_successful',
    type: 'gauge',
    labels: [],
    help: 'Whether the settings were taken when they were last read: 1, or 0 if the old ones hold.',
    values: ({ reload }) => (reload === undefined ? [] : [{ value: reload.ok ? 1 : 0 }]),
  },
  {
    name: 'config_last_reload_success_timestamp_seconds',
    type: 'gauge',
    labels: [],
    help: 'When settings were last taken, at the start or later, in seconds since 1970.',
    values: ({ reload }) => (reload === undefined ? [] : [{ value: reload.succeededAt / 1_000 }]),
  },
  {
    name: 'config_reloads_total',
    type: 'counter',
    labels: ['result'],
    help: 'Reloads of the settings, by result: ok or refused.',
    values: ({ reload }) => (reload === undefined ? [] : labelled('result', reload.counts)),
  },
]

/** All of them, in the order in which they are told. */
export const metrics: readonly Metric[] = [...ofRequests, ...ofCredentials, ...ofReloads, ...ofProcess]

/** The name at `/metrics`: those of the process are the same for every program. */
export function fullName({ name }: Pick<Metric, 'name'>): string {
  return name.startsWith('process_') ? name : PREFIX + name
}

function rejected(problems: Tally['problems']): Record<string, number> {
  const counts = Object.fromEntries(Object.values(rejections).map((reason) => [reason, 0]))
  for (const [problem, reason] of Object.entries(rejections))
    counts[reason] = (counts[reason] ?? 0) + (problems[problem] ?? 0)
  return counts
}

function labelled(label: string, counts: Record<string, number>): Value[] {
  return Object.entries(counts).map(([name, value]) => ({ value, labels: { [label]: name } }))
}

/** Of each credential, with its name. */
function each(
  credentials: readonly CredentialHistory[],
  values: (history: CredentialHistory) => Value[],
): Value[] {
  return credentials.flatMap((history) =>
    values(history).map((value) => ({ ...value, labels: { ...nameLabels(history.name), ...value.labels } })),
  )
}

/** Of each credential that is kept: those of callers' own clients come and go. */
function statuses(
  credentials: readonly CredentialHistory[],
  values: (status: { state: KeeperState; usableForMs: number }) => Value[],
): Value[] {
  return each(credentials, ({ status }) => {
    const now = status()
    return now === undefined ? [] : values(now)
  })
}

/** Who the callers' own clients are is nobody's business: their series have no such labels. */
function nameLabels(name: CredentialName): Labels {
  return name === undefined ? {} : { cluster: name.cluster, api: name.api }
}

/** Prometheus counts in each bucket what is in those below it, too. */
function buckets({ bounds, counts, sum }: Distribution): Value[] {
  let below = 0
  const values = counts.map((count, i): Value => {
    below += count
    return { suffix: '_bucket', labels: { le: String(bounds[i] ?? '+Inf') }, value: below }
  })
  return [...values, { suffix: '_sum', value: sum }, { suffix: '_count', value: below }]
}
