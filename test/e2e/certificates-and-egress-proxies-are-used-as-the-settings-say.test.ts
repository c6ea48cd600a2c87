import { writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { certificateAuthority } from '../helpers/certificate.ts'
import { fakeEgressProxy } from '../helpers/egress-proxy.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { problemOf, search } from '../helpers/methods.ts'
import { runProxy } from '../helpers/proxy.ts'
import { tlsServer } from '../helpers/tls-server.ts'

const PASSWORD = 'canary-p@ss/w'
const authority = certificateAuthority()
const basic = `Basic ${Buffer.from(`user:${PASSWORD}`).toString('base64')}`

async function parts(t: Test) {
  const cluster = await tlsServer(t, {
    ...authority.server('cluster.example'),
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  })
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const mine = authority.client('mine')
  const folder = t.testdir({ 'ca.pem': authority.cert, 'cert.pem': mine.cert, 'key.pem': mine.key })
  return { cluster, idp, folder }
}

/** The URL of a proxy, with the user and password that it wants. */
const egressUrl = (port: number, password = PASSWORD) =>
  `http://user:${encodeURIComponent(password)}@127.0.0.1:${port}`

t.test('through a proxy with a password, to a cluster of an authority of its own', async (t) => {
  const { cluster, idp, folder } = await parts(t)
  const egress = await fakeEgressProxy(t, {
    port: cluster.port,
    answer: (request) => (request.headers['proxy-authorization'] === basic ? 200 : 407),
  })
  const run = (env: Record<string, string>) =>
    runProxy(t, {
      clusterUrl: 'https://cluster.example',
      tokenUrl: idp.tokenUrl,
      env: { CAMUNDA_CUSTOM_ROOT_CERT_PATH: `${folder}/ca.pem`, ...env },
    })
  const proxy = await run({ HTTPS_PROXY: egressUrl(egress.port) })
  t.equal((await search(proxy.url)).status, 200)
  t.same(egress.asked, [{ authority: 'cluster.example:443', authorization: basic }])
  t.same(cluster.clients, [''], 'the identity provider on this machine was asked directly')

  const refused = await run({ https_proxy: egressUrl(egress.port, 'canary-wrong') })
  const answer = await search(refused.url)
  t.equal(answer.status, 502)
  const problem = await problemOf(answer)
  t.match(problem.detail, /^The egress proxy 127\.0\.0\.1:\d+ wants other credentials than those in its URL/)
  t.match(problem.detail, 'The cluster https://cluster.example was not asked.')
  t.notMatch(JSON.stringify(problem) + refused.log() + proxy.log(), 'canary')
  t.equal(cluster.clients.length, 1)
})

t.test('NO_PROXY names who is reached directly', async (t) => {
  const { cluster, idp, folder } = await parts(t)
  const egress = await fakeEgressProxy(t, { port: cluster.port })
  const proxy = await runProxy(t, {
    clusterUrl: 'https://cluster.invalid',
    tokenUrl: idp.tokenUrl,
    env: {
      CAMUNDA_CUSTOM_ROOT_CERT_PATH: `${folder}/ca.pem`,
      HTTPS_PROXY: egressUrl(egress.port),
      NO_PROXY: 'elsewhere.example,.invalid',
    },
  })
  t.match(await problemOf(await search(proxy.url)), { detail: /^The cluster .* could not be reached/ })
  t.same(egress.asked, [])
})

t.test('the token request goes through the proxy too', async (t) => {
  const { cluster, idp } = await parts(t)
  const egress = await fakeEgressProxy(t, { port: idp.port })
  const proxy = await runProxy(t, {
    clusterUrl: cluster.origin,
    tokenUrl: 'http://idp.example/oauth/token',
    env: { HTTP_PROXY: egressUrl(egress.port), CAMUNDA_PROXY_ALLOW_PLAIN_HTTP: 'idp.example' },
  })
  t.match(proxy.log(), 'token acquired')
  t.same(egress.asked, [{ authority: 'idp.example:80', authorization: basic }])
})

t.test('the client certificate is shown to the cluster', async (t) => {
  const { cluster, idp, folder } = await parts(t)
  const proxy = await runProxy(t, {
    clusterUrl: cluster.origin,
    tokenUrl: idp.tokenUrl,
    env: {
      CAMUNDA_MTLS_CA_PATH: `${folder}/ca.pem`,
      CAMUNDA_MTLS_CERT_PATH: `${folder}/cert.pem`,
      CAMUNDA_MTLS_KEY_PATH: `${folder}/key.pem`,
    },
  })
  t.equal((await search(proxy.url)).status, 200)
  t.same(cluster.clients, ['mine'])
})

t.test('a file counts as it is when the connection is made, not as it was at start', async (t) => {
  const { cluster, idp, folder } = await parts(t)
  const path = `${folder}/ca.pem`
  writeFileSync(path, certificateAuthority('another').cert)
  const env = { CAMUNDA_CUSTOM_ROOT_CERT_PATH: path }
  const run = () => runProxy(t, { clusterUrl: cluster.origin, tokenUrl: idp.tokenUrl, env })
  const answer = await search((await run()).url)
  t.equal(answer.status, 502)
  t.match((await problemOf(answer)).detail, /certificate .* was not accepted/)
  const proxy = await run()
  writeFileSync(path, authority.cert)
  t.equal((await search(proxy.url)).status, 200)
})

t.test('discovery blames the proxy for what is its fault', async (t) => {
  const { cluster, idp } = await parts(t)
  const egress = await fakeEgressProxy(t, { port: idp.port, answer: () => 407 })
  const proxy = await runProxy(t, {
    clusterUrl: cluster.origin,
    tokenUrl: '',
    env: { CAMUNDA_PROXY_OAUTH_ISSUER: 'https://idp.example', HTTPS_PROXY: egressUrl(egress.port) },
  })
  const answer = await search(proxy.url)
  t.equal(answer.status, 503)
  t.match((await problemOf(answer)).detail, /^Discovery failed: the egress proxy .* wants other credentials/)
  t.match(proxy.logLines(), [{ cause: 'discovery-egress' }])
})
