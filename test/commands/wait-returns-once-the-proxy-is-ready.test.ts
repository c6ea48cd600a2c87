import t from 'tap'
import { takeFlag } from '../../src/commands/command.ts'
import { wait } from '../../src/commands/wait.ts'
import { SettingsError } from '../../src/errors.ts'
import { json } from '../helpers/fake-idp.ts'
import { setUp } from '../helpers/proxy.ts'
import { runCommand } from '../helpers/run-command.ts'

const port = (url: string) => new URL(url).port

t.test('ready: 0', async (t) => {
  const { proxy } = await setUp(t)
  t.match(await runCommand(wait, ['--admin-port', port(proxy.adminUrl)]), { code: 0, stderr: '' })
  t.match(
    await runCommand(wait, ['--timeout=5'], {
      CAMUNDA_PROXY_ADMIN_PORT: port(proxy.adminUrl),
      CAMUNDA_PROXY_PORT: 'x',
    }),
    { code: 0 },
  )
})

t.test('not ready in time, or not there: 1, and why', async (t) => {
  const { proxy } = await setUp(t, {
    idp: (_request, response) => json(response, 401, { error: 'invalid_client' }),
  })
  const args = ['--admin-port', port(proxy.adminUrl), '--timeout', '0']
  t.match(await runCommand(wait, args), {
    code: 1,
    stderr: /^not ready: The identity provider .* answered status 401 invalid_client\.\n$/,
  })
  t.match(await runCommand(wait, ['--admin-port', '1', '--timeout', '0']), {
    code: 1,
    stderr: 'not ready: nothing answers at http://127.0.0.1:1/readyz\n',
  })
})

t.test('later ready', async (t) => {
  const { proxy } = await setUp(t, { warm: false })
  const waiting = runCommand(wait, ['--admin-port', port(proxy.adminUrl)])
  proxy.app.start()
  t.match(await waiting, { code: 0 })
})

t.test('what it cannot do', async (t) => {
  await t.rejects(runCommand(wait, ['--timeout', 'soon']), SettingsError)
  await t.rejects(runCommand(wait, ['--admin-port', 'off']), SettingsError)
  await t.rejects(runCommand(wait, ['--no-such-flag']), SettingsError)
})

t.test('a flag is taken out of the arguments', async (t) => {
  t.same(takeFlag(['a', '--x', '1', 'b'], 'x'), { value: '1', rest: ['a', 'b'] })
  t.same(takeFlag(['--x=1=2', 'b'], 'x'), { value: '1', rest: ['b'] })
  t.same(takeFlag(['--xy', '1'], 'x'), { value: undefined, rest: ['--xy', '1'] })
  t.same(takeFlag(['--x'], 'x'), { value: '', rest: [] })
})
