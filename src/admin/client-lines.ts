import { curl, reachable, wantsCallerToken } from '../config/call-line.ts'
import type { Settings } from '../config/settings.ts'

/** What to set in a client so that it calls through this proxy. Never holds a secret. */
export interface ClientLines {
  client: string
  /** To be copied as they are. */
  lines: readonly string[]
  note?: string
}

const HEADER = 'It has to send the header X-Camunda-Proxy-Token with each request.'
const BASIC = 'It has to send its own client id and secret as HTTP Basic.'

/** The lines for each client, as the README has them; `listening` is where callers find the proxy. */
export function clientLines(settings: Settings, listening: string): ClientLines[] {
  const call = { client: 'curl', lines: [`${curl(settings, listening)}/v2/topology`] }
  if (listening.startsWith('unix:')) return [call]
  const base = reachable(listening)
  const needs = [
    ...(wantsCallerToken(settings) ? [HEADER] : []),
    ...(settings.callersAreClients ? [BASIC] : []),
  ].join(' ')
  return [call, ...clients(base).map((client) => withNote(client, needs))]
}

function clients(base: string): ClientLines[] {
  const none = 'CAMUNDA_AUTH_STRATEGY=NONE'
  const orchestration = [`CAMUNDA_REST_ADDRESS=${base}`, none]
  return [
    { client: 'JavaScript: @camunda8/orchestration-cluster-api', lines: orchestration },
    { client: 'JavaScript: @camunda8/sdk, REST', lines: [`ZEEBE_REST_ADDRESS=${base}`, none] },
    { client: 'Python SDK', lines: orchestration },
    {
      client: 'Java client',
      lines: [`CAMUNDA_REST_ADDRESS=${base}`, 'CAMUNDA_PREFER_REST=true'],
      note: 'No credentials provider; workers without job streaming.',
    },
    { client: 'c8ctl', lines: [`CAMUNDA_BASE_URL=${base}`], note: 'No client id and no user.' },
    {
      client: 'Desktop Modeler',
      lines: [`${base}/v2`],
      note: 'Self-Managed; this is the cluster URL, and authentication is None.',
    },
  ]
}

function withNote(client: ClientLines, needs: string): ClientLines {
  const note = [client.note, needs].filter(Boolean).join(' ')
  return note === '' ? client : { ...client, note }
}
