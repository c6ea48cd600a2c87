import t, { type Test } from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { SettingsError } from '../../src/errors.ts'

const CLUSTERS = `
clusters:
  prod: { restAddress: 'https://prod.example', clientId: a, clientSecret: b, oauthUrl: 'https://idp.example/t' }
  dev: { restAddress: 'https://dev.example', authStrategy: NONE }
`

/** The settings at fault, or else what was warned of. */
async function said(t: Test, config: string, env: Record<string, string>, args: string[] = []) {
  const path = `${t.testdir({ 'c.yaml': config })}/c.yaml`
  try {
    return { warnings: (await loadSettings(['--config', path, ...args], env)).warnings }
  } catch (error) {
    if (error instanceof SettingsError) return { faults: error.faults.map(({ setting }) => setting) }
    throw error
  }
}

t.test('a limit outside of the clusters does not hold for any, and is no setting then', async (t) => {
  const prod = ['--default-cluster', 'prod']
  t.strictSame(await said(t, CLUSTERS, {}, [...prod, '--read-only']), { faults: ['readOnly'] })
  t.strictSame(await said(t, CLUSTERS, {}, [...prod, '--allow', 'GET /v2/**']), { faults: ['allow'] })
})

t.test('all that is not used is named', async (t) => {
  const env = { CAMUNDA_CLIENT_ID: 'x', CAMUNDA_CLIENT_SECRET: 'y' }
  const { warnings } = await said(t, CLUSTERS, env, ['--default-cluster', 'prod'])
  t.match(warnings?.join(), /not used, since defaultCluster is prod: clientId, clientSecret/)
})

t.test(
  'a cluster called default is the one at /v2, since callers are given rights by that name',
  async (t) => {
    const named = CLUSTERS.replace('dev:', 'default:')
    t.strictSame(await said(t, named, {}, ['--default-cluster', 'prod']), { faults: ['defaultCluster'] })
    t.ok((await said(t, named, {}, ['--default-cluster', 'default'])).warnings)
  },
)

t.test('what is said of a client of the proxy is for nothing where callers bring their own', async (t) => {
  const env = {
    CAMUNDA_REST_ADDRESS: 'https://cluster.example',
    CAMUNDA_PROXY_CALLER_AUTH: 'client-credentials',
    CAMUNDA_CLIENT_ID: 'x',
    CAMUNDA_COOKIE_AUTH_USERNAME: 'y',
  }
  const { warnings } = await said(t, '{}', env)
  t.match(warnings?.join(), /clientId is not used/)
  t.match(warnings?.join(), /cookieAuthUsername is not used/)
})

t.test('no address of Camunda’s own is taken for granted with a credential from elsewhere', async (t) => {
  const basic = { CAMUNDA_BASIC_AUTH_USERNAME: 'u', CAMUNDA_BASIC_AUTH_PASSWORD: 'p' }
  const env = {
    ...basic,
    CAMUNDA_REST_ADDRESS: 'https://cluster.example',
    CAMUNDA_PROXY_APIS: 'administration',
  }
  t.strictSame(await said(t, '{}', env), { faults: ['administrationAddress'] })
  t.ok((await said(t, '{}', { ...env, CAMUNDA_CONSOLE_BASE_URL: 'https://console.example' })).warnings)
})
