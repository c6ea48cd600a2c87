import type { Settings } from './settings.ts'

/** The beginning of a curl line that reaches the proxy, up to the path. */
export function curl(settings: Settings, listening: string): string {
  const token = wantsCallerToken(settings) ? " -H 'X-Camunda-Proxy-Token: …'" : ''
  const client = settings.callersAreClients ? ' -u CLIENT_ID:CLIENT_SECRET' : ''
  const target = listening.startsWith('unix:')
    ? `--unix-socket ${listening.slice('unix:'.length)} http://localhost`
    : reachable(listening)
  return `curl${token}${client} ${target}`
}

/** The address to call a listener by that listens on every address of this machine. */
export function reachable(listening: string): string {
  return listening.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//127.0.0.1')
}

export function wantsCallerToken({ callerToken, callersFile }: Settings): boolean {
  return callerToken !== undefined || callersFile !== undefined
}
