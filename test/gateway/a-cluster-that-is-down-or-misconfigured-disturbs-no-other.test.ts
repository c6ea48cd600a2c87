import t from 'tap'
import { cluster, idp, onlyRightSecrets } from '../helpers/clusters.ts'
import { runProxy } from '../helpers/proxy.ts'

t.test('one in order, one with a wrong secret, one that is down, one whose provider is', async (t) => {
  const [{ tokenUrl }, wrong, good] = [await idp(t), await idp(t, onlyRightSecrets), await cluster(t)]
  const entry = (restAddress: string, oauthUrl: string, id: string) =>
    `{ restAddress: '${restAddress}', clientId: ${id}, clientSecret: ${id}, oauthUrl: '${oauthUrl}' }`
  const config = `
defaultCluster: good
clusters:
  good: ${entry(good.url, tokenUrl, 'good')}
  wrong: ${entry(good.url, wrong.tokenUrl, 'wrong')}
  down: ${entry('http://127.0.0.1:9', tokenUrl, 'good')}
  lost: ${entry(good.url, 'http://127.0.0.1:9/token', 'lost')}
`
  const proxy = await runProxy(t, { config })
  const status = async (name: string) => (await fetch(`${proxy.url}/clusters/${name}/v2/x`)).status
  for (let round = 0; round < 3; round++) {
    const names = ['wrong', 'good', 'down', 'good', 'lost', 'good']
    t.strictSame(await Promise.all(names.map(status)), [503, 200, 502, 200, 503, 200])
  }
  t.equal(wrong.requests.length, 1, 'a refused client is left alone')
  t.equal((await fetch(`${proxy.adminUrl}/readyz`)).status, 200)
  const [line] = proxy.logLines().filter(({ cluster }) => cluster === 'wrong')
  t.match(line, { level: 'error', msg: /no new token/ }, 'the log names the cluster')
})

t.test('a default that is refused does not hold up the others', async (t) => {
  const [provider, target] = [await idp(t, onlyRightSecrets), await cluster(t)]
  const entry = (id: string, secret: string) =>
    `{ restAddress: '${target.url}', clientId: ${id}, clientSecret: ${secret}, oauthUrl: '${provider.tokenUrl}' }`
  const config = `{ defaultCluster: a, clusters: { a: ${entry('a', 'wrong')}, b: ${entry('b', 'right')} } }`
  const proxy = await runProxy(t, { config })
  t.equal((await fetch(`${proxy.url}/v2/x`)).status, 503)
  t.equal((await fetch(`${proxy.url}/clusters/b/v2/x`)).status, 200)
  for (const probe of ['readyz', 'startupz'])
    t.equal((await fetch(`${proxy.adminUrl}/${probe}`)).status, 503, 'the probes are about /v2')
})
