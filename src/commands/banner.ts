import { curl } from '../config/call-line.ts'
import { type ApiSettings, type Settings, urlOf } from '../config/settings.ts'

/** What a person wants to know when the proxy has started, line by line. Holds no secret. */
export interface StartReport {
  listening: string
  admin: string | undefined
  cluster: string
  authentication: string
  identityProvider: string | undefined
  clientId: string | undefined
  audience: string | undefined
  clusters: string | undefined
  workers: number | undefined
  tryIt: string
}

export function startReport(settings: Settings, listening: string, admin: string | undefined): StartReport {
  const { defaultCluster, clusters } = settings
  // Always served.
  const { address, auth } = defaultCluster.apis.get('v2') as ApiSettings
  const others = [...clusters.keys()].map((name) => `/clusters/${name}/v2`)
  const report = {
    listening,
    admin,
    cluster: address.origin + address.basePath,
    authentication: auth.strategy,
    identityProvider: undefined,
    clientId: undefined,
    audience: undefined,
    clusters: clusters.size > 1 ? shortened(others) : undefined,
    workers: settings.workers > 1 ? settings.workers : undefined,
    tryIt: `${curl(settings, listening)}/v2/topology`,
  }
  if (!('identityProvider' in auth)) return report
  const provider = urlOf(auth.identityProvider)
  const clientId = 'clientId' in auth ? auth.clientId : 'of each caller'
  // A query may hold what is nobody's business.
  const identityProvider = provider.origin + provider.pathname
  return { ...report, identityProvider, clientId, audience: auth.audience }
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(', ')
  return names.length > 5 ? `${shown} and ${names.length - 5} more` : shown
}

/** The report as a block for a terminal. */
export function banner(report: StartReport): string {
  const lines: [string, string | undefined][] = [
    ['listening', report.listening],
    ['admin', report.admin],
    ['cluster', report.cluster],
    ['authentication', report.authentication],
    ['identity provider', report.identityProvider],
    ['client id', report.clientId],
    ['audience', report.audience],
    ['clusters', report.clusters],
    ['workers', report.workers?.toString()],
    ['try it', report.tryIt],
    ['point a tool at it', 'its base URL is the address above, its authentication is "none"'],
  ]
  const shown = lines.filter((line): line is [string, string] => line[1] !== undefined)
  return `\n${shown.map(([name, value]) => `  ${name.padEnd(20)}${value}`).join('\n')}\n\n`
}
