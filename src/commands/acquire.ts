import type { ApiSettings, ClusterSettings } from '../config/settings.ts'
import { attempt } from '../credentials/attempt.ts'
import { systemClock } from '../credentials/clock.ts'
import { Pace } from '../credentials/pace.ts'
import { type Memory, remembering } from '../credentials/remembering.ts'
import { makeSource, rememberedBy } from '../credentials/sources.ts'
import { Connections } from '../upstream/connections.ts'
import { keysOf } from '../upstream/own-credentials.ts'
import { CommandError } from './command.ts'

const quietly = { onRenewed() {}, onRenewalFailed() {} }

/**
 * The headers of a credential for `/v2` of a cluster, flat, got by one attempt of this process; by none while
 * `memory` holds a refusal whose pause is not over. @throws CommandError that says why there is none
 */
export async function acquireOnce(
  cluster: ClusterSettings,
  memory: Memory | undefined,
): Promise<readonly string[]> {
  const { auth, connection } = cluster.apis.get('v2') as ApiSettings // always served
  if (auth.strategy === 'CALLER')
    throw new CommandError('there is no token but those of the callers: callerAuth is client-credentials')
  const clock = systemClock()
  const connections = new Connections(quietly, clock)
  try {
    const source = makeSource(auth, {
      get cluster() {
        return connections.to('cluster', connection)
      },
      identityProvider: () => connections.to('identity provider', cluster.identityProvider),
    })
    const remembered = rememberedBy(auth, keysOf(auth, cluster.identityProvider, connection).key)
    const asking = memory && remembered ? remembering(source, remembered, memory) : source
    const landing = await attempt(asking, clock, new Pace(), new AbortController().signal)
    if ('failure' in landing) throw new CommandError(landing.failure.message)
    const { headers, session } = landing.issued
    return session?.headersFor('GET') ?? headers
  } finally {
    await connections.destroy()
  }
}
