import t from 'tap'
import { ReloadError } from '../../src/succession.ts'
import { clientsOf, cluster, idp, onlyRightSecrets } from '../helpers/clusters.ts'
import { oauth, reloadLab } from '../helpers/reload-lab.ts'

t.test('the same client: no token is asked for', async (t) => {
  const [provider, one, other] = [await idp(t), await cluster(t), await cluster(t)]
  const { proxy, reload } = await reloadLab(t, oauth(one.url, provider.tokenUrl))
  for (let i = 0; i < 20; i++) await reload(oauth(other.url, provider.tokenUrl))
  t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 200)
  t.equal(provider.requests.length, 1)
  t.equal(other.seen.length, 1)
})

t.test('a client that is refused: the reload is, too, and the old client goes on', async (t) => {
  const [provider, one, other] = [await idp(t, onlyRightSecrets), await cluster(t), await cluster(t)]
  const { proxy, reload } = await reloadLab(t, oauth(one.url, provider.tokenUrl))
  const { keeper } = proxy.app
  const refused = await reload(oauth(other.url, provider.tokenUrl, 'canary-wrong')).catch((error) => error)
  t.ok(refused instanceof ReloadError)
  t.match(refused, { mayPass: false, message: /no credential for \/v2: .*invalid_client/ })
  t.notMatch(refused.message + proxy.log(), 'canary-wrong')
  t.equal(proxy.app.keeper, keeper)
  t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 200)
  t.equal((await fetch(`${proxy.adminUrl}/readyz`)).status, 200)
  t.equal(one.seen.length, 1)
  t.equal(other.seen.length, 0)
})

t.test('an identity provider that is not there: refused, and worth another try', async (t) => {
  const [provider, one] = [await idp(t), await cluster(t)]
  const { proxy, reload } = await reloadLab(t, oauth(one.url, provider.tokenUrl))
  const refused = await reload(oauth(one.url, 'http://127.0.0.1:9/token')).catch((error) => error)
  t.match(refused, { name: 'ReloadError', mayPass: true })
  t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 200)
})

t.test('a client that is known: its token is there before it is needed', async (t) => {
  const [provider, one] = [await idp(t), await cluster(t)]
  const { proxy, reload } = await reloadLab(t, oauth(one.url, provider.tokenUrl))
  const before = proxy.app.keeper
  await reload(oauth(one.url, provider.tokenUrl, 'another').replace('clientId: one', 'clientId: two'))
  t.equal((await fetch(`${proxy.adminUrl}/readyz`)).status, 200)
  t.equal(provider.requests.length, 2)
  t.equal(before?.status().state, 'draining', 'the keeper of the other ends')
  await fetch(`${proxy.url}/v2/topology`)
  t.strictSame(clientsOf(one), ['two/-'])
})

t.test('where there is nothing to be given up, the new settings hold whatever comes of them', async (t) => {
  const [provider, one] = [await idp(t, onlyRightSecrets), await cluster(t)]
  const { proxy, reload } = await reloadLab(t, oauth(one.url, provider.tokenUrl, 'wrong'))
  await reload(oauth(one.url, provider.tokenUrl, 'wrong as well'))
  t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 503)
  await reload(oauth(one.url, provider.tokenUrl, 'right'))
  t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 200)
})
