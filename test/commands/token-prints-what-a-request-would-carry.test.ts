import { existsSync } from 'node:fs'
import t from 'tap'
import { CommandError } from '../../src/commands/command.ts'
import { token } from '../../src/commands/token.ts'
import { SettingsError } from '../../src/errors.ts'
import { clean } from '../helpers/canaries.ts'
import { fakeIdp, json } from '../helpers/fake-idp.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'
import { runCommand } from '../helpers/run-command.ts'

const oauth = (tokenUrl: string, more: Record<string, string> = {}) => ({
  CAMUNDA_REST_ADDRESS: 'http://127.0.0.1:9',
  CAMUNDA_OAUTH_URL: tokenUrl,
  CAMUNDA_CLIENT_ID: 'test-client',
  CAMUNDA_CLIENT_SECRET: CLIENT_SECRET,
  CAMUNDA_PROXY_STATE_FILE: 'off',
  ...more,
})

t.test('the token and nothing else, or the whole header', async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  t.strictSame(await runCommand(token, [], oauth(idp.tokenUrl)), { code: 0, stdout: 'token-1\n', stderr: '' })
  t.equal(
    (await runCommand(token, ['--header'], oauth(idp.tokenUrl))).stdout,
    'Authorization: Bearer token-2\n',
  )
  t.equal(idp.requests.length, 2, 'one request each')
})

t.test('a refused client is told of, without its secret, and not asked for again at once', async (t) => {
  const idp = await fakeIdp((_request, response) => json(response, 401, { error: 'invalid_client' }))
  t.teardown(() => idp.close())
  const stateFile = `${t.testdir({})}/state.json`
  const env = oauth(idp.tokenUrl, { CAMUNDA_PROXY_STATE_FILE: stateFile })
  const messages: string[] = []
  for (const args of [[], ['--header']]) {
    const running = runCommand(token, args, env)
    await t.rejects(running, CommandError)
    await running.catch((error: Error) => messages.push(`${error.message}${error.stack}`))
  }
  t.match(messages[0], /answered status 401 invalid_client/)
  t.match(messages[1], /before this proxy was started anew/)
  t.equal(idp.requests.length, 1)
  t.ok(existsSync(stateFile))
  clean(t, messages.join('\n'), [CLIENT_SECRET])
})

t.test('no token: a header, or the reason', async (t) => {
  const common = { CAMUNDA_REST_ADDRESS: 'http://127.0.0.1:9', CAMUNDA_PROXY_STATE_FILE: 'off' }
  const basic = {
    ...common,
    CAMUNDA_BASIC_AUTH_USERNAME: 'demo',
    CAMUNDA_BASIC_AUTH_PASSWORD: 'a-canary-password',
  }
  const header = `Authorization: Basic ${Buffer.from('demo:a-canary-password').toString('base64')}\n`
  t.equal((await runCommand(token, ['--header'], basic)).stdout, header)
  await t.rejects(runCommand(token, [], basic), { message: /takes no token .* --header prints its headers/ })
  const none = { ...common, CAMUNDA_AUTH_STRATEGY: 'NONE' }
  for (const args of [[], ['--header']])
    await t.rejects(runCommand(token, args, none), { message: /carry no credential: authStrategy is NONE/ })
  const bearer = { ...common, CAMUNDA_OAUTH_TOKEN: 'a-given-token' }
  t.equal((await runCommand(token, [], bearer)).stdout, 'a-given-token\n')
})

t.test('settings that cannot be used, and clusters that there are not', async (t) => {
  await t.rejects(runCommand(token, [], {}), SettingsError)
  await t.rejects(runCommand(token, ['--cluster', 'x'], oauth('http://127.0.0.1:9/token')), {
    message: 'cluster (command line): expected the name of one of the clusters: default',
  })
})
