import type { Test } from 'tap'
import type { Clock } from '../../src/credentials/clock.ts'
import { basic, cluster, idp, onlyRightSecrets } from './clusters.ts'
import type { Answer, FakeCluster } from './fake-cluster.ts'
import type { FakeIdp, IdpAnswer } from './fake-idp.ts'
import { type RunningProxy, runProxy } from './proxy.ts'

interface Lab {
  proxy: RunningProxy
  provider: FakeIdp
  target: FakeCluster
  /** Calls `/v2/x` as this client. */
  call(id: string, secret: string): Promise<Response>
  /** How often the identity provider was asked by this client. */
  asked(id: string): number
}

/** A proxy whose callers are clients of their own. Their secret is `right`, unless `answer` says otherwise. */
export async function clientCallers(
  t: Test,
  options: { provider?: IdpAnswer; cluster?: Answer; clock?: Clock; env?: Record<string, string> } = {},
): Promise<Lab> {
  const provider = await idp(t, options.provider ?? onlyRightSecrets)
  const target = await cluster(t, options.cluster)
  const config = `
callerAuth: client-credentials
restAddress: ${target.url}
oauthUrl: ${provider.tokenUrl}
`
  const env = { CAMUNDA_PROXY_LOG_LEVEL: 'trace', CAMUNDA_PROXY_ACCESS_LOG: 'all', ...options.env }
  const proxy = await runProxy(t, { config, env, ...(options.clock && { clock: options.clock }) })
  return {
    proxy,
    provider,
    target,
    call: (id, secret) => fetch(`${proxy.url}/v2/x`, { headers: basic(id, secret) }),
    asked: (id) => provider.requests.filter(({ form }) => form.get('client_id') === id).length,
  }
}
