import t from 'tap'
import { clean } from '../helpers/canaries.ts'
import { checkBetween, runCheck } from '../helpers/check.ts'
import { cookieCluster } from '../helpers/cookie-cluster.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { json } from '../helpers/fake-idp.ts'
import { PASSWORD, USER } from '../helpers/methods.ts'
import { CLIENT_SECRET, fileIn } from '../helpers/proxy.ts'

const TOKEN = 'canary-token-5d0f1c7e9b2a4386'

t.test('OAuth: neither the secret nor the token, though the cluster quotes both', async (t) => {
  const { said, step } = await checkBetween(t, {
    idp: (_request, response) =>
      json(response, 200, { access_token: TOKEN, expires_in: 300, token_type: 'Bearer' }),
    cluster: (request, response) => {
      const body = { title: request.headers.authorization, detail: CLIENT_SECRET, username: TOKEN }
      json(response, request.url === '/v2/topology' ? 200 : 403, { ...body, gatewayVersion: TOKEN })
    },
  })
  t.match(step('claims'), { facts: { opaque: true } })
  t.match(
    step('read')?.detail[0],
    /Status 403 \(Bearer \[redacted\]: \[redacted\]\)|Status 403 \(\[redacted\]/,
  )
  clean(t, said, [TOKEN, CLIENT_SECRET])
})

for (const [method, env, secrets] of [
  ['Basic', { CAMUNDA_BASIC_AUTH_USERNAME: USER, CAMUNDA_BASIC_AUTH_PASSWORD: `${PASSWORD} ` }, [PASSWORD]],
  ['a given token', { CAMUNDA_OAUTH_TOKEN: TOKEN }, [TOKEN]],
  ['a command', { CAMUNDA_PROXY_TOKEN_COMMAND: `echo ${TOKEN}` }, []],
] as const)
  t.test(`${method}: it is sent and not shown`, async (t) => {
    const cluster = await fakeCluster((request, response) =>
      json(response, 401, { detail: request.headers.authorization }),
    )
    t.teardown(() => cluster.close())
    const { said, code } = await runCheck({ CAMUNDA_REST_ADDRESS: cluster.url, ...env })
    t.equal(code, 1)
    t.ok(cluster.seen[0]?.headers.authorization)
    const sent = cluster.seen[0]?.headers.authorization?.split(' ')[1] ?? ''
    clean(t, said, [sent, ...secrets])
  })

t.test('a login: one, logged out again, and neither password nor cookie is shown', async (t) => {
  const cluster = await cookieCluster({ username: USER, password: PASSWORD })
  t.teardown(() => cluster.close())
  const { said, code, step } = await runCheck({
    CAMUNDA_REST_ADDRESS: cluster.base,
    CAMUNDA_COOKIE_AUTH_USERNAME: USER,
    CAMUNDA_COOKIE_AUTH_PASSWORD_FILE: fileIn(t, 'password', `${PASSWORD}\n`),
  })
  t.equal(code, 0)
  t.equal(step('topology')?.status, 'ok')
  t.equal(cluster.logins(), 1)
  t.equal(cluster.logouts(), 1)
  t.equal(cluster.sessions(), 0)
  const cookies = cluster.seen.flatMap(({ headers }) => headers.cookie?.split(/; |=/) ?? [])
  clean(
    t,
    said,
    [PASSWORD, cluster.csrfToken(), ...cookies].filter((secret) => secret.length > 15),
  )
})

t.test('nor a password that is as short as a word', async (t) => {
  const cluster = await fakeCluster((_request, response) => json(response, 200, { gatewayVersion: 'x7q' }))
  t.teardown(() => cluster.close())
  const { said, step } = await runCheck({
    CAMUNDA_REST_ADDRESS: cluster.url,
    CAMUNDA_BASIC_AUTH_USERNAME: USER,
    CAMUNDA_BASIC_AUTH_PASSWORD: 'x7q',
  })
  t.match(step('topology')?.detail[0], '[redacted]')
  t.notMatch(said, 'x7q')
})
