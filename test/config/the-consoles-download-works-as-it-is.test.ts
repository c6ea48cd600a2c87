import { chmodSync } from 'node:fs'
import t from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { addressOf, inForce, oauthOf } from '../helpers/settings.ts'

const DOWNLOAD = [
  "export ZEEBE_ADDRESS='6a1f2c3d-1234.bru-2.zeebe.camunda.io:443'",
  "export ZEEBE_CLIENT_ID='aB3~d.e_f-g'",
  "export ZEEBE_CLIENT_SECRET='Se~cr.et_-#1=$HOME x'",
  "export ZEEBE_AUTHORIZATION_SERVER_URL='https://login.cloud.camunda.io/oauth/token'",
  "export ZEEBE_TOKEN_AUDIENCE='zeebe.camunda.io'",
  "export CAMUNDA_CLUSTER_ID='6a1f2c3d-1234'",
  "export CAMUNDA_CLUSTER_REGION='bru-2'",
  "export CAMUNDA_CREDENTIALS_SCOPES='Zeebe,Tasklist,Operate,Optimize'",
  "export CAMUNDA_TASKLIST_BASE_URL='https://bru-2.tasklist.camunda.io/6a1f2c3d-1234'",
  "export CAMUNDA_OPERATE_BASE_URL='https://bru-2.operate.camunda.io/6a1f2c3d-1234'",
  "export CAMUNDA_OPTIMIZE_BASE_URL='https://bru-2.optimize.camunda.io/6a1f2c3d-1234'",
  "export CAMUNDA_OAUTH_URL='https://login.cloud.camunda.io/oauth/token'",
  '',
]

const variants: Record<string, string> = {
  'as it is': DOWNLOAD.join('\n'),
  'with double quotes': DOWNLOAD.join('\n').replaceAll("'", '"'),
  'without export': DOWNLOAD.join('\n').replaceAll('export ', ''),
  'with line breaks of Windows': DOWNLOAD.join('\r\n'),
  'with comments and blank lines': `# API client\n\n${DOWNLOAD.join('\n\n# more\n')}`,
}

for (const [how, text] of Object.entries(variants)) {
  t.test(how, async (t) => {
    const path = `${t.testdir({ 'credentials.txt': text })}/credentials.txt`
    chmodSync(path, 0o600)
    const loaded = await loadSettings(['--env-file', path], {})
    const cluster = addressOf(loaded.settings)
    const oauth = oauthOf(loaded.settings)
    t.strictSame(cluster, { origin: 'https://bru-2.zeebe.camunda.io', basePath: '/6a1f2c3d-1234' })
    t.strictSame(inForce(loaded, 'restAddress'), {
      value: 'https://bru-2.zeebe.camunda.io/6a1f2c3d-1234',
      source: 'from clusterRegion and clusterId',
    })
    t.equal(oauth.tokenUrl.href, 'https://login.cloud.camunda.io/oauth/token')
    t.equal(oauth.clientId, 'aB3~d.e_f-g')
    t.equal(await oauth.clientSecret.read(), 'Se~cr.et_-#1=$HOME x')
    t.equal(oauth.audience, 'zeebe.camunda.io')
    t.equal(oauth.scope, undefined, 'the scopes of the Console are none of OAuth')
    t.strictSame(inForce(loaded, 'clientSecret'), {
      value: undefined,
      source: `${path}, ZEEBE_CLIENT_SECRET`,
    })
    t.strictSame(loaded.warnings, [], 'what it holds besides is nothing to complain of')
  })
}

t.test('an address that is given goes before region and id', async (t) => {
  const path = `${t.testdir({ 'credentials.txt': DOWNLOAD.join('\n') })}/credentials.txt`
  const address = 'https://bru-2.api.camunda.io/6a1f2c3d-1234'
  const loaded = await loadSettings(['--env-file', path, '--rest-address', address], {})
  t.strictSame(inForce(loaded, 'restAddress'), { value: address, source: 'flag --rest-address' })
  t.equal(addressOf(loaded.settings)?.origin, 'https://bru-2.api.camunda.io')
})
