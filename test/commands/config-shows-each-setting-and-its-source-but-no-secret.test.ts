import t from 'tap'
import { config } from '../../src/commands/config.ts'
import { settingNames, settingSchema } from '../../src/config/schema.ts'
import { SettingsError } from '../../src/errors.ts'
import { runCommand } from '../helpers/run-command.ts'
import { ENOUGH } from '../helpers/settings.ts'

const CANARY = 'canary-8c21'

/** Setting, value and source of each line. */
const rows = (stdout: string) =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/))

t.test('what was given, what was worked out and what goes without saying', async (t) => {
  const folder = t.testdir({ 'settings.yaml': 'allowedHosts: [a, b]\naccessLog: all\n', token: CANARY })
  const env = {
    CAMUNDA_CLUSTER_REGION: 'bru-2',
    CAMUNDA_CLUSTER_ID: '1234',
    ZEEBE_CLIENT_ID: 'the id',
    CAMUNDA_CLIENT_SECRET: CANARY,
    CAMUNDA_PROXY_CALLER_TOKEN_FILE: `${folder}/token`,
    CAMUNDA_PROXY_LOG_LEVEL: 'WARN',
  }
  const args = ['--config', `${folder}/settings.yaml`, '--port', '9', '--admin-port=off', '--allow-remote']
  const { code, stdout } = await runCommand(config, args, env)
  t.equal(code, 0)
  t.strictSame(rows(stdout), [
    ['restAddress', 'https://bru-2.zeebe.camunda.io/1234', 'from clusterRegion and clusterId'],
    ['clusterRegion', 'bru-2', 'environment variable CAMUNDA_CLUSTER_REGION'],
    ['clusterId', '1234', 'environment variable CAMUNDA_CLUSTER_ID'],
    ['authStrategy', 'OAUTH', 'from clientId'],
    ['clientId', 'the id', 'environment variable ZEEBE_CLIENT_ID'],
    ['clientSecret', '[redacted]', 'environment variable CAMUNDA_CLIENT_SECRET'],
    ['oauthUrl', 'https://login.cloud.camunda.io/oauth/token', 'default'],
    ['tokenAudience', 'zeebe.camunda.io', 'default for SaaS'],
    ['readOnly', 'false', 'default'],
    ['host', '127.0.0.1', 'default'],
    ['port', '9', 'flag --port'],
    ['workers', '1', 'default'],
    ['adminHost', '127.0.0.1', 'default'],
    ['adminPort', 'off', 'flag --admin-port'],
    ['allowedHosts', 'a,b', `${folder}/settings.yaml`],
    ['allowedOrigins', '(none)', 'default'],
    ['allowRemote', 'true', 'flag --allow-remote'],
    ['callerTokenFile', `${folder}/token`, 'environment variable CAMUNDA_PROXY_CALLER_TOKEN_FILE'],
    ['allowPlainHttp', '(none)', 'default'],
    ['maxReplayBytes', '262144', 'default'],
    ['accessLog', 'all', `${folder}/settings.yaml`],
    ['logLevel', 'warn', 'environment variable CAMUNDA_PROXY_LOG_LEVEL'],
  ])
})

t.test('in columns', async (t) => {
  const { stdout } = await runCommand(config, [], ENOUGH)
  const lines = stdout.trimEnd().split('\n')
  const sources = rows(stdout).map(([, , source]) => source ?? '')
  t.equal(new Set(lines.map((line) => line.search(/(?<= {2})\S/))).size, 1, 'values')
  t.equal(new Set(lines.map((line, i) => line.length - (sources[i] ?? '').length)).size, 1, 'sources')
  const withDefault = settingNames.filter(
    (name) => settingSchema(name).default !== undefined && settingSchema(name).common === true,
  )
  for (const name of withDefault)
    t.ok(
      lines.some((line) => line.startsWith(`${name} `)),
      name,
    )
})

t.test('no secret, whatever else is said', async (t) => {
  const env = {
    ...ENOUGH,
    CAMUNDA_CLIENT_SECRET: CANARY,
    CAMUNDA_PROXY_CALLER_TOKEN: CANARY,
    CAMUNDA_PROXY_CALLER_TOKN: CANARY,
  }
  const { code, stdout, stderr } = await runCommand(config, [], env)
  t.equal(code, 0)
  t.strictSame(
    rows(stdout).filter(([, value]) => value === '[redacted]'),
    [
      ['clientSecret', '[redacted]', 'environment variable CAMUNDA_CLIENT_SECRET'],
      ['callerToken', '[redacted]', 'environment variable CAMUNDA_PROXY_CALLER_TOKEN'],
    ],
  )
  t.equal(
    stderr,
    'warning: CAMUNDA_PROXY_CALLER_TOKN is not a setting of this program; did you mean CAMUNDA_PROXY_CALLER_TOKEN?\n',
  )
  t.notMatch(stdout + stderr, CANARY)
})

t.test('settings that cannot be used are not shown but refused', async (t) => {
  const running = runCommand(config, ['--port', 'x'], ENOUGH)
  await t.rejects(running, SettingsError)
  await t.rejects(running, { message: 'port (flag --port): expected a port from 0 to 65535' })
})
