import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { loadSettings } from '../../src/config/load.ts'
import { load } from '../helpers/settings.ts'

const skip = process.platform === 'win32' && 'there are no such modes'

/** A file of this text and mode, and what is said of it if everybody may read it. */
function file(t: Test, text: string, mode = 0o644) {
  const path = `${t.testdir({ file: text })}/file`
  chmodSync(path, mode)
  return { path, warning: `${path} is readable by every user of this machine: chmod 600 it` }
}

t.test('the file of each secret', { skip }, async (t) => {
  const none = { CAMUNDA_CLIENT_ID: '', CAMUNDA_CLIENT_SECRET: '' }
  const of: Record<string, Record<string, string>> = {
    CAMUNDA_CLIENT_SECRET_FILE: { CAMUNDA_CLIENT_SECRET: '' },
    CAMUNDA_BASIC_AUTH_PASSWORD_FILE: { ...none, CAMUNDA_BASIC_AUTH_USERNAME: 'u' },
    CAMUNDA_COOKIE_AUTH_PASSWORD_FILE: { ...none, CAMUNDA_COOKIE_AUTH_USERNAME: 'u' },
    CAMUNDA_OAUTH_TOKEN_FILE: none,
    CAMUNDA_PROXY_CALLER_TOKEN_FILE: {},
    HTTPS_PROXY_FILE: {},
    CAMUNDA_CONSOLE_CLIENT_SECRET_FILE: {
      CAMUNDA_PROXY_APIS: 'administration',
      CAMUNDA_CONSOLE_CLIENT_ID: 'id',
      CAMUNDA_CONSOLE_BASE_URL: 'https://console.example',
    },
  }
  for (const [variable, env] of Object.entries(of)) {
    await t.test(variable, async (t) => {
      const text = variable === 'HTTPS_PROXY_FILE' ? 'http://u:p@proxy.example:3128' : 'a-secret'
      const { path, warning } = file(t, text)
      t.strictSame((await load({ ...env, [variable]: path })).warnings, [warning])
      chmodSync(path, 0o640)
      t.strictSame((await load({ ...env, [variable]: path })).warnings, [], 'a group is told who may')
    })
  }
})

t.test('an env file and a configuration file, if there is a secret in them', { skip }, async (t) => {
  const env = file(t, 'CAMUNDA_CLIENT_SECRET=abc\n')
  t.strictSame((await load({}, ['--env-file', env.path])).warnings, [env.warning], 'though another holds')
  chmodSync(env.path, 0o600)
  t.strictSame((await load({}, ['--env-file', env.path])).warnings, [])
  await t.test('without one', async (t) => {
    const plain = file(t, 'CAMUNDA_CLIENT_ID=abc\n')
    t.strictSame((await load({}, ['--env-file', plain.path])).warnings, [])
  })
  await t.test('configuration', async (t) => {
    const config = file(t, 'callerToken: abc\n')
    t.strictSame((await load({}, ['--config', config.path])).warnings, [config.warning])
  })
  await t.test('configuration without one', async (t) => {
    const config = file(t, 'port: 8082\n')
    t.strictSame((await load({}, ['--config', config.path])).warnings, [])
  })
})

t.test('once, however many clusters it is for, and behind the links of a mount', { skip }, async (t) => {
  const folder = t.testdir({})
  mkdirSync(`${folder}/..2026_01`)
  writeFileSync(`${folder}/..2026_01/secret`, 'abc', { mode: 0o644 })
  chmodSync(`${folder}/..2026_01/secret`, 0o644)
  symlinkSync('..2026_01', `${folder}/..data`)
  symlinkSync('..data/secret', `${folder}/secret`)
  const cluster = (name: string) =>
    `  ${name}: { restAddress: 'https://${name}.example', oauthUrl: 'https://idp.example/t', clientId: x, clientSecretFile: '${folder}/secret' }`
  const config = `${folder}/c.yaml`
  writeFileSync(config, `defaultCluster: a\nclusters:\n${cluster('a')}\n${cluster('b')}\n`)
  const { warnings } = await loadSettings(['--config', config], {})
  t.strictSame(warnings, [`${folder}/secret is readable by every user of this machine: chmod 600 it`])
  writeFileSync(
    config,
    `defaultCluster: a\nclusters:\n${cluster('a')}\n${cluster('b').replace(/clientSecretFile:.*'/, 'clientSecret: abc')}\n`,
  )
  t.equal(
    (await loadSettings(['--config', config], {})).warnings.length,
    2,
    'what an entry holds counts, too',
  )
})
