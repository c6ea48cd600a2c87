import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'

t.test(
  'the ZEEBE_ names: a form post for the token, and a base path below which /v2 is reached',
  async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    const cluster = await fakeCluster()
    t.teardown(() => cluster.close())
    const env = {
      ...programEnv(`${cluster.url}/CLUSTER_ID/`, idp.tokenUrl),
      ZEEBE_TOKEN_AUDIENCE: 'zeebe.camunda.io',
    }
    const program = runProgram(t, ['start'], env)
    const { listening } = await program.line('listening on')
    const answer = await fetch(`${listening}/v2/topology`)
    t.equal(answer.status, 200)
    t.equal(cluster.seen[0]?.url, '/CLUSTER_ID/v2/topology')
    t.equal(cluster.seen[0]?.headers.authorization, 'Bearer token-1')
    t.equal(idp.requests[0]?.method, 'POST')
    t.match(idp.requests[0]?.headers['content-type'], /^application\/x-www-form-urlencoded/)
    t.strictSame(Object.fromEntries(idp.requests[0]?.form ?? []), {
      grant_type: 'client_credentials',
      audience: 'zeebe.camunda.io',
      client_id: 'test-client',
      client_secret: CLIENT_SECRET,
    })
  },
)

t.test('Self-Managed: no audience unless one is set, and a scope for providers that want it', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['--oauth-scope', 'api/.default'], programEnv(cluster.url, idp.tokenUrl))
  await program.line('token acquired')
  const form = idp.requests[0]?.form
  t.notOk(form?.has('audience'))
  t.equal(form?.get('scope'), 'api/.default')
})

t.test('the file that the Console offers for download, unchanged', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const path = join(mkdtempSync(join(tmpdir(), 'console-')), 'credentials.txt')
  writeFileSync(
    path,
    `export ZEEBE_ADDRESS='1234.bru-2.zeebe.camunda.io:443'
export ZEEBE_CLIENT_ID='from-the-console'
export ZEEBE_CLIENT_SECRET='${CLIENT_SECRET}'
export ZEEBE_AUTHORIZATION_SERVER_URL='${idp.tokenUrl}'
export ZEEBE_TOKEN_AUDIENCE='zeebe.camunda.io'
export CAMUNDA_CLUSTER_ID='1234'
export CAMUNDA_CLUSTER_REGION='bru-2'
export CAMUNDA_CREDENTIALS_SCOPES='Zeebe,Tasklist'
export CAMUNDA_OAUTH_URL='${idp.tokenUrl}'
`,
  )
  const program = runProgram(t, ['start', '--env-file', path, '--port', '0', '--admin-port', 'off'])
  const report = await program.line('listening on')
  t.equal(report.cluster, 'https://bru-2.zeebe.camunda.io/1234')
  await program.line('token acquired')
  t.equal(idp.requests[0]?.form.get('client_id'), 'from-the-console')
})
