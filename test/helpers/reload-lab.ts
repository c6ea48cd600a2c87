import type { Test } from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { fileIn, type ProxyOptions, type RunningProxy, runProxy } from './proxy.ts'

/** A proxy that is given other settings while it runs: YAML. */
export async function reloadLab(t: Test, config: string, options: ProxyOptions = {}) {
  const ports = { CAMUNDA_PROXY_PORT: '0', CAMUNDA_PROXY_ADMIN_PORT: '0', ...options.env }
  const proxy: RunningProxy = await runProxy(t, { ...options, config })
  let files = 0
  const reload = async (next: string) => {
    const path = fileIn(t, `next-${++files}.yaml`, next)
    const { settings } = await loadSettings(['--config', path], ports)
    await proxy.app.reload(settings)
  }
  return { proxy, reload }
}

/** The settings of a client at a cluster, as lines of YAML. */
export function oauth(clusterUrl: string, tokenUrl: string, secret = 'right', more = ''): string {
  return `restAddress: ${clusterUrl}
oauthUrl: ${tokenUrl}
clientId: one
clientSecret: ${secret}
${more}
`
}
