// A supervisor that starts a program again and again, with a secret that is wrong: Camunda's SaaS would lock the
// address out, and a cluster the account.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { cookieCluster } from '../helpers/cookie-cluster.ts'
import { fakeIdp, json, tokens } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'
import { callOnce } from '../helpers/workers.ts'

const RESTARTS = 10
/** The pause after the first refusal is 30 s: a slow machine restarts less often meanwhile. */
const WITHIN_MS = 20_000

t.test('of a client, by one process and by several', async (t) => {
  const idp = await fakeIdp((_request, response) => json(response, 401, { error: 'invalid_client' }))
  t.teardown(() => idp.close())
  const folder = t.testdir({ run: {} })
  const env = {
    ...programEnv('http://127.0.0.1:9', idp.tokenUrl),
    CAMUNDA_PROXY_STATE_FILE: '',
    XDG_RUNTIME_DIR: join(folder, 'run'),
  }
  const end = performance.now() + WITHIN_MS
  for (let i = 0; i < RESTARTS && (i < 3 || performance.now() < end); i++) {
    const program = runProgram(t, ['start', '--workers', i === 1 ? '2' : '1'], env)
    const { listening } = await program.line('listening on')
    const line = await program.line('no new token')
    if (i > 0) {
      t.match(line.msg, /refused what .* \(invalid_client\) \d+ s ago, before this proxy was started anew/)
      const { status, text } = await callOnce(`${listening}/v2/topology`)
      t.equal(status, 503)
      t.match(JSON.parse(text), { type: /:credential-refused$/ })
    }
    program.child.kill('SIGKILL')
    await program.ended
  }
  t.equal(idp.requests.length, 1)
  const own = join(folder, 'run', 'camunda-auth-proxy')
  t.strictSame(readdirSync(own), ['state.json'])
  t.equal(statSync(own).mode & 0o777, 0o700)
  const remembered = readFileSync(join(own, 'state.json'), 'utf8')
  for (const word of [CLIENT_SECRET, 'test-client', idp.tokenUrl]) t.notMatch(remembered, word)

  idp.answerWith(tokens())
  const corrected = { ...env, ZEEBE_CLIENT_SECRET: 'the right one' }
  await runProgram(t, ['start'], corrected).line('token acquired')
  t.equal(idp.requests.length, 2, 'another secret is tried at once')
})

t.test('of a login', async (t) => {
  const cluster = await cookieCluster()
  t.teardown(() => cluster.close())
  const file = join(t.testdir({}), 'state.json')
  const env = {
    CAMUNDA_REST_ADDRESS: cluster.base,
    CAMUNDA_AUTH_STRATEGY: 'COOKIE',
    CAMUNDA_COOKIE_AUTH_USERNAME: 'demo',
    CAMUNDA_COOKIE_AUTH_PASSWORD: 'wrong',
    CAMUNDA_PROXY_PORT: '0',
    CAMUNDA_PROXY_ADMIN_PORT: '0',
    CAMUNDA_PROXY_STATE_FILE: file,
  }
  for (let i = 0; i < 3; i++) {
    const program = runProgram(t, ['start'], env)
    await program.line('no new login')
    program.child.kill('SIGKILL')
    await program.ended
  }
  t.equal(cluster.seen.filter(({ method }) => method === 'POST').length, 1)
})

t.test('where it is not wanted, nothing is written, and by the demo never', async (t) => {
  const folder = t.testdir({ run: {} })
  const run = { XDG_RUNTIME_DIR: join(folder, 'run'), CAMUNDA_PROXY_PORT: '0', CAMUNDA_PROXY_ADMIN_PORT: '0' }
  await runProgram(t, ['demo'], { ...run, CAMUNDA_PROXY_STATE_FILE: join(folder, 'run', 'x') }).line(
    'token acquired',
  )
  const idp = await fakeIdp((_request, response) => json(response, 401, { error: 'invalid_client' }))
  t.teardown(() => idp.close())
  await runProgram(t, ['start'], { ...programEnv('http://127.0.0.1:9', idp.tokenUrl), ...run }).line(
    'no new token',
  )
  t.strictSame(readdirSync(run.XDG_RUNTIME_DIR), [])
  t.ok(existsSync(folder))
})
