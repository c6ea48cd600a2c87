import t from 'tap'
import { takeFlag } from '../../src/commands/command.ts'
import { wait } from '../../src/commands/wait.ts'
import { SettingsError } from '../../src/errors.ts'
import { type FakeCluster, fakeCluster, rawServer } from '../helpers/fake-cluster.ts'
import { json } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'
import { runCommand } from '../helpers/run-command.ts'

const port = (url: string) => new URL(url).port
const READY = { code: 0, stdout: '', stderr: '' }

t.test('ready: 0, wherever the port is told', async (t) => {
  const { proxy } = await setUp(t)
  const adminPort = port(proxy.adminUrl)
  const folder = t.testdir({
    'proxy.env': `CAMUNDA_PROXY_ADMIN_PORT=${adminPort}`,
    'proxy.yaml': `adminPort: ${adminPort}`,
  })
  const variable = { CAMUNDA_PROXY_ADMIN_PORT: adminPort }
  t.strictSame(await runCommand(wait, ['--admin-port', adminPort]), READY)
  t.strictSame(await runCommand(wait, ['--timeout', '30'], variable), READY)
  t.strictSame(await runCommand(wait, ['--timeout=0', '--env-file', `${folder}/proxy.env`]), READY)
  t.strictSame(await runCommand(wait, ['--config', `${folder}/proxy.yaml`]), READY)
  t.strictSame(
    await runCommand(wait, ['--admin-host', '0.0.0.0'], variable),
    READY,
    'every address is also this one',
  )
  t.strictSame(
    await runCommand(wait, [], { ...variable, CAMUNDA_PROXY_PORT: 'x', CAMUNDA_OAUTH_URL: 'x' }),
    READY,
    'whatever is wrong with settings that it does not need',
  )
})

t.test('not ready in time: 1, and why', async (t) => {
  const { proxy } = await setUp(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
  })
  t.match(await runCommand(wait, ['--admin-port', port(proxy.adminUrl), '--timeout', '0']), {
    code: 1,
    stdout: '',
    stderr: /^not ready: The identity provider .* answered status 401 invalid_client\.\n$/,
  })
  const cold = await setUp(t, { warm: false })
  t.match(await runCommand(wait, ['--admin-port', port(cold.proxy.adminUrl), '--timeout', '0']), {
    code: 1,
    stderr: 'not ready: the first credential is on its way\n',
  })
})

t.test('not there, or not this program: 1, and that', async (t) => {
  const closed = await rawServer(() => {})
  await closed.close()
  const broken = await rawServer((socket) => socket.destroy())
  t.teardown(() => broken.close())
  const silent = await rawServer(() => {})
  t.teardown(() => silent.close())
  for (const other of [closed, broken, silent]) {
    t.strictSame(await runCommand(wait, ['--admin-port', String(other.port), '--timeout', '0']), {
      code: 1,
      stdout: '',
      stderr: `not ready: nothing answers at ${other.url}/readyz\n`,
    })
  }
  const { proxy } = await setUp(t)
  t.match(await runCommand(wait, ['--admin-port', port(proxy.url), '--timeout', '0']), {
    code: 1,
    stderr: `not ready: ${proxy.url}/readyz answers status 404\n`,
  })
  const six = await runCommand(wait, ['--admin-host', '::1', '--admin-port', '1', '--timeout', '0'])
  t.equal(six.stderr, 'not ready: nothing answers at http://[::1]:1/readyz\n')
})

t.test('it asks again until the proxy is ready', async (t) => {
  const admin: FakeCluster = await fakeCluster((_request, response) => {
    const isReady = admin.seen.length > 2
    json(response, isReady ? 200 : 503, { ok: isReady, why: `it is early (${admin.seen.length})` })
  })
  t.teardown(() => admin.close())
  t.strictSame(await runCommand(wait, ['--admin-port', String(admin.port)]), READY)
  t.strictSame(
    admin.seen.map((request) => `${request.method} ${request.url}`),
    ['GET /readyz', 'GET /readyz', 'GET /readyz'],
  )
})

t.test('it gives up when its time is over, with the latest reason', async (t) => {
  const admin: FakeCluster = await fakeCluster((_request, response) => {
    json(response, 503, { why: `reason ${admin.seen.length}` })
  })
  t.teardown(() => admin.close())
  const args = ['--admin-port', String(admin.port), '--timeout']
  const start = performance.now()
  const { code, stderr } = await runCommand(wait, [...args, '0.5'])
  const took = performance.now() - start
  t.equal(code, 1)
  t.equal(stderr, `not ready: reason ${admin.seen.length}\n`)
  t.ok(took >= 500, `${took} ms`)
  t.ok(admin.seen.length > 1, 'it has asked again')
  t.ok(admin.seen.length <= 4, 'five times a second, and once more at the end')
  const before = admin.seen.length
  await runCommand(wait, [...args, '0'])
  t.equal(admin.seen.length - before, 1, 'without any time it asks once')
})

t.test('what it cannot do', async (t) => {
  const refused: [string[], string][] = [
    [['--timeout', 'soon'], 'timeout (command line): expected a number of seconds'],
    [['--timeout', '-1'], 'timeout (command line): expected a number of seconds'],
    [
      ['--admin-port', 'off'],
      'adminPort (command line): expected a port: there is nothing to ask while it is off',
    ],
    [
      ['--admin-port', '0'],
      'adminPort (command line): expected the port that was taken: 0 does not tell which',
    ],
    [['--admin-port', 'x'], 'adminPort (flag --admin-port): expected a port from 0 to 65535, or off'],
    [['--no-such-flag'], '--no-such-flag (command line): expected a flag of this program'],
    [['stray'], 'argument 1 (command line): expected a flag'],
  ]
  for (const [args, message] of refused) {
    const waiting = runCommand(wait, args)
    await t.rejects(waiting, SettingsError)
    await t.rejects(waiting, { message }, args.join(' '))
  }
})

t.test('a command’s own flag is taken out of the arguments', async (t) => {
  const taken: [string[], { value: string | undefined; rest: string[] }][] = [
    [['a', '--x', '1', 'b'], { value: '1', rest: ['a', 'b'] }],
    [['a', '--x=1', 'b'], { value: '1', rest: ['a', 'b'] }],
    [['--x=', 'b'], { value: '', rest: ['b'] }],
    [['--x'], { value: '', rest: [] }],
    [['--xy', '1'], { value: undefined, rest: ['--xy', '1'] }],
    [['--xy=1', 'x'], { value: undefined, rest: ['--xy=1', 'x'] }],
    [[], { value: undefined, rest: [] }],
  ]
  for (const [args, expected] of taken) {
    const before = [...args]
    t.strictSame(takeFlag(args, 'x'), expected, args.join(' '))
    t.strictSame(args, before, 'the arguments themselves stay')
  }
})

t.test('an empty timeout is none, and a file that it was given has to be there', async (t) => {
  await t.rejects(runCommand(wait, ['--timeout']), SettingsError)
  await t.rejects(runCommand(wait, ['--timeout=']), SettingsError)
  await t.rejects(runCommand(wait, ['--config', '/none.yaml', '--timeout', '1']), SettingsError)
  t.same(takeFlag(['--x=1=2'], 'x').value, '1=2')
})
