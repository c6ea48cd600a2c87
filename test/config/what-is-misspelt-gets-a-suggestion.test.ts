import t from 'tap'
import { faults, load } from '../helpers/settings.ts'

t.test('flags', async (t) => {
  const flags: [string[], string][] = [
    [['--prot', '3'], '--prot: a flag of this program; did you mean port?'],
    [['--port-', '3'], '--port-: a flag of this program; did you mean port?'],
    [['--admin-prot=3'], '--admin-prot: a flag of this program; did you mean admin-port?'],
    [['--restAddress', 'x'], '--restAddress: a flag of this program; did you mean rest-address?'],
    [['--PORT', '3'], '--PORT: a flag of this program; did you mean port?'],
    [['--no-such'], '--no-such: a flag of this program'],
    [['--something-else'], '--something-else: a flag of this program'],
    [['--no-allow-remote'], '--no-allow-remote: a flag of this program; did you mean allow-remote?'],
    [['-p', '3'], '-p: a flag of this program'],
    [['--constructor'], '--constructor: a flag of this program'],
    [['--__proto__', 'x'], '--__proto__: a flag of this program'],
    [['stray'], 'argument 1: a flag'],
    [['--allow-remote', 'false'], 'argument 2: a flag'],
    [['--', 'x'], 'argument 2: a flag'],
    [['--port'], '--port: a port from 0 to 65535'],
    [['--config'], '--config: a path after it'],
    [['--env-file'], '--env-file: a path after it'],
  ]
  for (const [args, expected] of flags) {
    const found = await faults({}, args)
    t.ok(
      found.every((fault) => fault.source === 'command line'),
      args.join(' '),
    )
    t.strictSame(
      found.map((fault) => `${fault.setting}: ${fault.expected}`),
      [expected],
      args.join(' '),
    )
  }
})

t.test('keys of the configuration file', async (t) => {
  const keys: [string, string][] = [
    ['prot', 'a setting of this program; did you mean port?'],
    ['clientid', 'a setting of this program; did you mean clientId?'],
    ['allowed-hosts', 'a setting of this program; did you mean allowedHosts?'],
    ['CAMUNDA_CLIENT_ID', 'a setting of this program'],
    ['constructor', 'a setting of this program'],
  ]
  const text = keys.map(([key]) => `${key}: 1\n`).join('')
  const path = `${t.testdir({ 'settings.yaml': text })}/settings.yaml`
  t.strictSame(
    await faults({}, ['--config', path]),
    keys.map(([setting, expected]) => ({ setting, source: path, expected })),
  )
})

t.test('variables: a warning, since not every one of them need be ours', async (t) => {
  const variables: [string, string][] = [
    ['CAMUNDA_PROXY_PROT', '; did you mean CAMUNDA_PROXY_PORT?'],
    ['CAMUNDA_PROXY_ALLOWED_HOST', '; did you mean CAMUNDA_PROXY_ALLOWED_HOSTS?'],
    ['CAMUNDA_PROXY_SERVICE_ACCOUNT', ''],
  ]
  const path = `${t.testdir({ 'more.env': 'CAMUNDA_PROXY_SOKET=/x' })}/more.env`
  const env = Object.fromEntries(variables.map(([name]) => [name, '1']))
  const { warnings } = await load(
    { ...env, CAMUNDA_SOMETHING_ELSE: '1', ZEEBE_ADDRESS: 'x', CAMUNDA_PROXY_PORT: '1' },
    ['--env-file', path],
  )
  t.strictSame(
    [...warnings].sort(),
    [...variables, ['CAMUNDA_PROXY_SOKET', '; did you mean CAMUNDA_PROXY_SOCKET?']]
      .map(([name, rest]) => `${name} is not a setting of this program${rest}`)
      .sort(),
  )
})
