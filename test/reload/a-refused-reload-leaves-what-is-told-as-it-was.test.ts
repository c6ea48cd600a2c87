import t from 'tap'
import type { StatusSnapshot } from '../../src/admin/status.ts'
import { cluster, idp, onlyRightSecrets } from '../helpers/clusters.ts'
import { metricsOf } from '../helpers/metrics.ts'
import { reloadLab } from '../helpers/reload-lab.ts'

t.test('metrics and status tell of the credential in force, and of no other', async (t) => {
  const [provider, one] = [await idp(t, onlyRightSecrets), await cluster(t)]
  const config = (name: string, clientId: string, secret: string) => `clusters:
  ${name}:
    restAddress: ${one.url}
    oauthUrl: ${provider.tokenUrl}
    clientId: ${clientId}
    clientSecret: ${secret}
defaultCluster: ${name}
`
  const { proxy, reload } = await reloadLab(t, config('a', 'one', 'right'))
  const told = async () => {
    const metric = await metricsOf(proxy.adminUrl)
    const state = (cluster: string, state: string) =>
      metric(`token_state{cluster="${cluster}",api="v2",state="${state}"}`)
    const { clusters } = (await (await fetch(`${proxy.adminUrl}/status.json`)).json()) as StatusSnapshot
    return {
      fresh: ['a', 'b'].map((cluster) => state(cluster, 'fresh')),
      misconfigured: ['a', 'b'].map((cluster) => state(cluster, 'misconfigured')),
      page: clusters.map(({ name, credentials }) => [name, credentials[0]?.clientId, credentials[0]?.state]),
    }
  }
  const before = { fresh: [1, undefined], misconfigured: [0, undefined], page: [['a', 'one', 'fresh']] }
  t.strictSame(await told(), before)
  await t.rejects(reload(config('a', 'two', 'wrong')), { name: 'ReloadError' })
  t.strictSame(await told(), before, 'of the same name')
  await t.rejects(reload(config('b', 'three', 'wrong')), { name: 'ReloadError' })
  t.strictSame(await told(), before, 'of another name')
  const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text()
  t.notMatch(text, 'cluster="b"', 'nothing is counted for what never held')
})
