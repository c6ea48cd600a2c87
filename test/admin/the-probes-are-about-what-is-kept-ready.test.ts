import t from 'tap'
import { clientCallers } from '../helpers/client-callers.ts'
import { cluster, idp } from '../helpers/clusters.ts'
import { cookieCluster } from '../helpers/cookie-cluster.ts'
import { runProxy } from '../helpers/proxy.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const probe = async (adminUrl: string, name: string) => {
  const answer = await fetch(`${adminUrl}/${name}`)
  return { status: answer.status, ...((await answer.json()) as object) }
}

t.test('where callers are clients there is nothing to wait for', async (t) => {
  const { proxy, provider } = await clientCallers(t)
  for (const name of ['startupz', 'readyz'])
    t.match(await probe(proxy.adminUrl, name), { status: 200, ok: true })
  t.equal(provider.requests.length, 0)
})

t.test('another API or cluster with a token does not make /v2 ready', async (t) => {
  const [provider, target] = [
    await idp(t, ({ form }, response) => {
      const ok = form.get('audience') !== 'v2'
      response.writeHead(ok ? 200 : 500, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ access_token: 'token', token_type: 'Bearer', expires_in: 300 }))
    }),
    await cluster(t),
  ]
  const config = `
restAddress: ${target.url}
oauthUrl: ${provider.tokenUrl}
clientId: c
clientSecret: s
tokenAudience: v2
apis: [operate]
operateAddress: ${target.url}/operate
operateAudience: operate
`
  const proxy = await runProxy(t, { config })
  t.equal((await fetch(`${proxy.url}/operate/v1/x`)).status, 200)
  t.equal((await fetch(`${proxy.url}/v2/x`)).status, 503)
  for (const name of ['startupz', 'readyz'])
    t.match(await probe(proxy.adminUrl, name), { status: 503, ok: false, why: /500/ })
})

t.test('a login that lapsed because nobody called is ready, and the next caller logs in', async (t) => {
  const clock = new VirtualClock()
  const target = await cookieCluster()
  t.teardown(() => target.close())
  const env = {
    CAMUNDA_AUTH_STRATEGY: 'COOKIE',
    CAMUNDA_REST_ADDRESS: target.base,
    CAMUNDA_COOKIE_AUTH_USERNAME: 'demo',
    CAMUNDA_COOKIE_AUTH_PASSWORD: 'demo',
  }
  const proxy = await runProxy(t, { env, clock })
  t.match(await probe(proxy.adminUrl, 'readyz'), { status: 200, why: 'a credential is usable' })
  for (let minute = 0; minute < 120; minute++) {
    await clock.advance(60_000)
    target.clock.now += 60_000
    await fetch(`${proxy.adminUrl}/livez`)
  }
  t.equal(target.logins(), 1, 'nobody logs in for nobody')
  t.match(await probe(proxy.adminUrl, 'readyz'), { status: 200, why: /^idle/ })
  t.equal((await probe(proxy.adminUrl, 'startupz')).status, 200)
  t.equal((await fetch(`${proxy.url}/v2/topology`)).status, 200)
  t.equal(target.logins(), 2)
})
