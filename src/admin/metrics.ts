import type { Metric, Registry } from 'prom-client'
import type { KeeperStatus } from '../credentials/keeper.ts'
import { DURATION_BOUNDS_S, sum, type Tally } from '../gateway/tally.ts'
import type { ReloadStatus } from './reload-status.ts'

/** What there is to tell at one moment. */
export interface Measured {
  /** One for each process that forwards. */
  tallies: readonly Tally[]
  /** Undefined where callers bring clients of their own. */
  credential: KeeperStatus | undefined
  /** Undefined where settings are not reloaded. */
  reload?: ReloadStatus | undefined
}

type Value = { value: number; labels?: Record<string, string>; metricName?: string }

const PREFIX = 'camunda_auth_proxy_'

/** All of it in the text format of Prometheus. prom-client is loaded when somebody asks for the first time. */
export async function metricsText(measured: Measured): Promise<{ contentType: string; text: string }> {
  const { Registry } = await import('prom-client')
  const registry = new Registry()
  const total = sum(measured.tallies)
  register(
    registry,
    'requests_total',
    'counter',
    'Requests by method, status and who answered.',
    requests(total),
  )
  register(
    registry,
    'problems_total',
    'counter',
    'Answers of this proxy in place of the cluster, by problem.',
    labelled('problem', total.problems),
  )
  register(registry, 'abandoned_total', 'counter', 'Callers who left before they had their answer.', [
    { value: total.abandoned },
  ])
  register(registry, 'broken_off_total', 'counter', 'Answers of the cluster that broke off.', [
    { value: total.brokenOff },
  ])
  register(
    registry,
    'request_duration_seconds',
    'histogram',
    'From a request to the end of its answer by the cluster.',
    histogram(`${PREFIX}request_duration_seconds`, total),
  )
  if (measured.credential !== undefined) credential(registry, measured.credential)
  if (measured.reload !== undefined) reload(registry, measured.reload)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

function credential(registry: Registry, { state, usableForMs }: KeeperStatus): void {
  register(registry, 'token_expiry_seconds', 'gauge', 'How long the credential at /v2 can still be used.', [
    { value: usableForMs / 1_000 },
  ])
  register(registry, 'token_state', 'gauge', 'The state of the credential at /v2: that which is 1.', [
    { value: 1, labels: { state } },
  ])
}

function reload(registry: Registry, { ok, succeededAt, counts }: ReloadStatus): void {
  register(
    registry,
    'config_last_reload_successful',
    'gauge',
    'Whether the settings were taken when they were last read: 1, or 0.',
    [{ value: ok ? 1 : 0 }],
  )
  register(
    registry,
    'config_last_reload_success_timestamp_seconds',
    'gauge',
    'When settings were last taken.',
    [{ value: succeededAt / 1_000 }],
  )
  register(
    registry,
    'config_reloads_total',
    'counter',
    'Reloads of the settings, by result.',
    labelled('result', counts),
  )
}

/** A metric whose values are known already; prom-client's own classes would count them a second time. */
function register(registry: Registry, name: string, type: string, help: string, values: Value[]): void {
  const metric = {
    name: PREFIX + name,
    help,
    type,
    get: async () => ({ name: PREFIX + name, help, type, values }),
  }
  // All that a registry uses of one.
  registry.registerMetric(metric as unknown as Metric)
}

function requests({ requests }: Tally): Value[] {
  return Object.entries(requests).map(([key, value]) => {
    const [method = '', code = '', source = ''] = key.split(' ')
    return { value, labels: { method, code, source } }
  })
}

function labelled(label: string, counts: Readonly<Record<string, number>>): Value[] {
  return Object.entries(counts).map(([name, value]) => ({ value, labels: { [label]: name } }))
}

/** Prometheus counts in each bucket what is in those below it, too. */
function histogram(name: string, { durations, durationS }: Tally): Value[] {
  let below = 0
  const buckets = durations.map((count, i) => {
    below += count
    return {
      metricName: `${name}_bucket`,
      labels: { le: String(DURATION_BOUNDS_S[i] ?? '+Inf') },
      value: below,
    }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, value: durationS },
    { metricName: `${name}_count`, value: below },
  ]
}
