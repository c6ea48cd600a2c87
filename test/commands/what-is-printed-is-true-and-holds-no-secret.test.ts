import { readFileSync } from 'node:fs'
import t from 'tap'
import { banner, startReport } from '../../src/commands/banner.ts'
import { config } from '../../src/commands/config.ts'
import { help } from '../../src/commands/help.ts'
import { version } from '../../src/commands/version.ts'
import { flagName } from '../../src/config/camunda-env.ts'
import { isSecret, settingNames } from '../../src/config/schema.ts'
import { runCommand } from '../helpers/run-command.ts'
import { ENOUGH, load } from '../helpers/settings.ts'

t.test('config: each setting in force with its source, secrets redacted, warnings apart', async (t) => {
  const env = {
    ...ENOUGH,
    CAMUNDA_PROXY_CALLER_TOKEN: 'canary-caller-token',
    CAMUNDA_PROXY_PROT: '1',
    CAMUNDA_PROXY_ALLOWED_HOSTS: 'a,b',
  }
  const { code, stdout, stderr } = await runCommand(config, ['--port', '9'], env)
  t.equal(code, 0)
  t.match(stdout, /^port +9 +flag --port$/m)
  t.match(stdout, /^clientSecret +\[redacted\] +environment variable CAMUNDA_CLIENT_SECRET$/m)
  t.match(stdout, /^callerToken +\[redacted\] /m)
  t.match(stdout, /^tokenAudience +zeebe\.camunda\.io +default for SaaS$/m)
  t.match(stdout, /^allowedHosts +a,b /m)
  t.match(stdout, /^allowPlainHttp +\(none\) /m)
  t.match(stderr, 'warning: CAMUNDA_PROXY_PROT is not a setting')
  t.notMatch(stdout + stderr, /canary/)
})

t.test('help: every flag, in columns, on a screen', async (t) => {
  const { code, stdout } = await runCommand(help, [])
  t.equal(code, 0)
  for (const name of settingNames) t.equal(stdout.includes(`--${flagName(name)} `), !isSecret(name), name)
  const lines = stdout.split('\n')
  t.ok(lines.length <= 50 && lines.every((line) => line.length <= 100))
  const columns = lines
    .filter((line) => /^ {2}--/.test(line))
    .map((line) => line.search(/(?<= )(?:CAMUNDA|variables|settings)/))
  t.equal(new Set(columns).size, 1)
})

t.test('version', async (t) => {
  const { version: expected } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.same(await runCommand(version, []), { code: 0, stdout: `${expected}\n`, stderr: '' })
})

t.test('the block at start: where, which cluster and provider, who, and how to try it', async (t) => {
  const { settings } = await load({
    CAMUNDA_PROXY_CALLER_TOKEN: 'canary-caller-token',
    CAMUNDA_PROXY_HOST: '0.0.0.0',
  })
  const text = banner(startReport(settings, 'http://0.0.0.0:8080', undefined))
  for (const part of [
    'http://0.0.0.0:8080',
    'https://cluster.example',
    'https://login.cloud.camunda.io/oauth/token',
    'zeebe.camunda.io',
    'http://127.0.0.1:8080/v2/topology',
    'X-Camunda-Proxy-Token: …',
  ]) {
    t.match(text, part)
  }
  t.notMatch(text, /canary|admin/)
  const socket = startReport((await load()).settings, 'unix:/run/p.sock', 'http://127.0.0.1:9601')
  t.equal(socket.tryIt, 'curl --unix-socket /run/p.sock http://localhost/v2/topology')
  t.match(banner(socket), 'http://127.0.0.1:9601')
})
