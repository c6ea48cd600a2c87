import t from 'tap'
import { selfSigned } from '../helpers/certificate.ts'
import { addressOf, faults, inForce, load, oauthOf } from '../helpers/settings.ts'

t.test('the audience: with the SaaS token URL only, and never over one that is given', async (t) => {
  const audiences: [string, string | undefined][] = [
    ['', 'zeebe.camunda.io'],
    ['https://login.cloud.camunda.io/oauth/token', 'zeebe.camunda.io'],
    ['https://LOGIN.cloud.camunda.io/oauth/token', 'zeebe.camunda.io'],
    ['https://login.cloud.dev.ultrawombat.com/oauth/token', 'zeebe.camunda.io'],
    ['https://idp.example/oauth/token', undefined],
    ['https://login.cloud.camunda.io.evil.example/oauth/token', undefined],
    ['https://evil-login.cloud.camunda.io/oauth/token', undefined],
    ['https://idp.example/login.cloud.camunda.io', undefined],
    ['https://camunda.io/oauth/token', undefined],
  ]
  for (const [url, audience] of audiences) {
    const loaded = await load({ CAMUNDA_OAUTH_URL: url })
    t.equal(oauthOf(loaded.settings).audience, audience, url)
    t.strictSame(
      inForce(loaded, 'tokenAudience'),
      audience === undefined ? undefined : { value: audience, source: 'default for SaaS' },
      url,
    )
  }
  const given = await load({ CAMUNDA_TOKEN_AUDIENCE: 'api.camunda.io' })
  t.equal(oauthOf(given.settings).audience, 'api.camunda.io')
})

t.test('the address of Self-Managed, but not of a SaaS cluster', async (t) => {
  const without = { CAMUNDA_REST_ADDRESS: '' }
  const selfManaged = { ...without, CAMUNDA_OAUTH_URL: 'http://localhost:18080/auth/realms/x/token' }
  const loaded = await load(selfManaged, ['--port', '8081'])
  t.strictSame(addressOf(loaded.settings), { origin: 'http://localhost:8080', basePath: '' })
  t.strictSame(inForce(loaded, 'restAddress'), {
    value: 'http://localhost:8080',
    source: 'default for Self-Managed',
  })
  t.match(await faults(without), [
    { setting: 'restAddress', source: 'not set', expected: /set CAMUNDA_REST_ADDRESS or ZEEBE_REST_ADDRESS/ },
  ])
})

t.test('the two defaults together would be a proxy that calls itself', async (t) => {
  const selfManaged = { CAMUNDA_REST_ADDRESS: '', CAMUNDA_OAUTH_URL: 'http://localhost:18080/token' }
  t.match(await faults(selfManaged), [
    {
      setting: 'restAddress',
      expected: "another address than this proxy's own, 127.0.0.1:8080; give the proxy another port",
    },
  ])
})

t.test('half of what addresses a SaaS cluster', async (t) => {
  const without = { CAMUNDA_REST_ADDRESS: '' }
  t.match(await faults({ ...without, CAMUNDA_CLUSTER_REGION: 'bru-2' }), [
    { setting: 'clusterId', expected: /set CAMUNDA_CLUSTER_ID$/ },
  ])
  t.match(await faults({ ...without, CAMUNDA_CLUSTER_ID: '1234' }), [
    { setting: 'clusterRegion', expected: /set CAMUNDA_CLUSTER_REGION$/ },
  ])
  t.match(await faults({ ...without, CAMUNDA_CLUSTER_REGION: 'u:p@evil', CAMUNDA_CLUSTER_ID: '1' }), [
    { setting: 'clusterRegion', source: 'environment variable CAMUNDA_CLUSTER_REGION' },
  ])
})

t.test('the TLS settings of the identity provider: the cluster’s as a whole, or none of them', async (t) => {
  const client = selfSigned('client')
  const [cert, key] = [client.cert.trim(), client.key.trim()]
  const cluster = { CAMUNDA_MTLS_CA: cert, CAMUNDA_MTLS_CERT: cert, CAMUNDA_MTLS_KEY: key }
  const tls = async (env: Record<string, string>) => {
    const { identityProvider } = (await load({ ...cluster, ...env })).settings.defaultCluster
    const { ca, certificate, key } = identityProvider.tls
    return Promise.all([ca, certificate, key].map((part) => part?.read()))
  }
  t.strictSame(await tls({}), [cert, cert, key])
  const own = selfSigned('provider').cert.trim()
  t.strictSame(await tls({ CAMUNDA_PROXY_OAUTH_TLS_CA: own }), [own, undefined, undefined])
})
