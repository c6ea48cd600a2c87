import type { Settings } from '../config/resolve.ts'

/** What a person wants to know when the proxy has started, line by line. Holds no secret. */
export interface StartReport {
  listening: string
  admin: string | undefined
  cluster: string
  identityProvider: string
  clientId: string
  audience: string | undefined
  tryIt: string
}

export function startReport(settings: Settings, listening: string, admin: string | undefined): StartReport {
  const { cluster, oauth } = settings
  return {
    listening,
    admin,
    cluster: cluster.origin + cluster.basePath,
    identityProvider: oauth.tokenUrl.href,
    clientId: oauth.clientId,
    audience: oauth.audience,
    tryIt: `${curl(settings, listening)}/v2/topology`,
  }
}

/** The beginning of a curl line that reaches the proxy, up to the path. */
export function curl(settings: Settings, listening: string): string {
  const token = settings.callerToken === undefined ? '' : " -H 'X-Camunda-Proxy-Token: …'"
  const target = listening.startsWith('unix:')
    ? `--unix-socket ${listening.slice('unix:'.length)} http://localhost`
    : listening.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1')
  return `curl${token} ${target}`
}

/** The report as a block for a terminal. */
export function banner(report: StartReport): string {
  const lines: [string, string | undefined][] = [
    ['listening', report.listening],
    ['admin', report.admin],
    ['cluster', report.cluster],
    ['identity provider', report.identityProvider],
    ['client id', report.clientId],
    ['audience', report.audience],
    ['try it', report.tryIt],
    ['point a tool at it', 'its base URL is the address above, its authentication is "none"'],
  ]
  const shown = lines.filter((line): line is [string, string] => line[1] !== undefined)
  return `\n${shown.map(([name, value]) => `  ${name.padEnd(20)}${value}`).join('\n')}\n\n`
}
