import t from 'tap'
import { Agent, request } from 'undici'
import { loadSettings } from '../../src/config/load.ts'
import { camundaAuth } from '../../src/undici.ts'
import { camunda, settingsFor } from '../helpers/library.ts'
import { CLIENT_SECRET, fileIn } from '../helpers/proxy.ts'

t.test('what may only read does not write', async (t) => {
  const parts = await camunda(t)
  const auth = camundaAuth({ settings: await settingsFor(parts, { CAMUNDA_PROXY_READ_ONLY: 'true' }) })
  t.teardown(() => auth.close())
  const dispatcher = new Agent().compose(auth)
  t.teardown(() => dispatcher.destroy())
  const url = `${parts.cluster.url}/v2/process-instances`
  await t.rejects(request(url, { method: 'POST', body: '{}', dispatcher }), { code: 'read-only' })
  const search = await request(`${url}/search`, { method: 'POST', body: '{}', dispatcher })
  t.equal(search.statusCode, 200)
  t.equal(parts.cluster.seen.length, 1)
})

t.test('each cluster that they name gets its own credential, told by its address', async (t) => {
  const one = await camunda(t)
  const two = await camunda(t, undefined, (_request, response) =>
    response.end(JSON.stringify({ access_token: 'another', expires_in: 300, token_type: 'Bearer' })),
  )
  const entry = ({ cluster, idp }: typeof one) =>
    `{ restAddress: '${cluster.url}', oauthUrl: '${idp.tokenUrl}', clientId: id, clientSecret: ${CLIENT_SECRET} }`
  const config = `clusters:\n  one: ${entry(one)}\n  two: ${entry(two)}\ndefaultCluster: one\n`
  const { settings } = await loadSettings(['--config', fileIn(t, 'proxy.yaml', config)], {})
  const auth = camundaAuth({ settings })
  t.teardown(() => auth.close())
  const dispatcher = new Agent().compose(auth)
  t.teardown(() => dispatcher.destroy())
  for (const { cluster } of [one, two]) await request(`${cluster.url}/v2/topology`, { dispatcher })
  t.equal(one.cluster.seen[0]?.headers.authorization, 'Bearer token-1')
  t.equal(two.cluster.seen[0]?.headers.authorization, 'Bearer another')
})

t.test(
  'a secret goes over plain http to this machine only, and what cannot be an address is none',
  async (t) => {
    const good = {
      clusterUrl: 'https://cluster.example',
      tokenUrl: 'http://localhost:1/token',
      clientId: 'id',
      clientSecret: CLIENT_SECRET,
    }
    t.doesNotThrow(() => camundaAuth(good))
    const bad = [
      { clusterUrl: 'http://cluster.example' },
      { clusterUrl: 'cluster.example' },
      { tokenUrl: 'http://provider.example/token' },
      { tokenUrl: 'file:///token' },
      { tokenUrl: '' },
    ]
    for (const one of bad) {
      const [setting] = Object.keys(one)
      t.throws(() => camundaAuth({ ...good, ...one }), { name: 'SettingsError', faults: [{ setting }] })
    }
  },
)
