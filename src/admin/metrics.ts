import type { Metric as PromMetric, Registry } from 'prom-client'
import { sum, type Tally } from '../gateway/tally.ts'
import type { CredentialRecord } from './credential-record.ts'
import { fullName, type Measured, type Metric, metrics } from './metric-table.ts'
import type { ReloadStatus } from './reload-status.ts'

/** What is to be told, as who counts it has it. */
export interface Counted {
  /** One for each process that forwards. */
  tallies: readonly Tally[]
  record: CredentialRecord
  /** Undefined where settings are not reloaded. */
  reload?: ReloadStatus | undefined
}

/** All of it in the text format of Prometheus. prom-client is loaded when somebody asks for the first time. */
export async function metricsText({
  tallies,
  record,
  reload,
}: Counted): Promise<{ contentType: string; text: string }> {
  const { Registry } = await import('prom-client')
  const registry = new Registry()
  const { histories: credentials, heldBack } = record
  const measured = { total: sum(tallies), credentials, heldBack, reload }
  for (const metric of metrics) register(registry, metric, measured)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

/** A metric whose values are known already; prom-client's own classes would count them a second time. */
function register(registry: Registry, metric: Metric, measured: Measured): void {
  const { type, help } = metric
  const name = fullName(metric)
  const values = metric.values(measured).map(({ suffix, ...value }) => ({
    ...value,
    ...(suffix === undefined ? {} : { metricName: name + suffix }),
  }))
  const told = { name, help, type, get: async () => ({ name, help, type, values }) }
  // All that a registry uses of one.
  registry.registerMetric(told as unknown as PromMetric)
}
