import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { env } from '../../src/commands/env.ts'
import { shellOf, shells } from '../../src/commands/shells.ts'
import { SettingsError } from '../../src/errors.ts'
import { runCommand } from '../helpers/run-command.ts'

const has = (shell: string) => {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    return false
  }
}
const anyText = () =>
  fc.string({ unit: 'binary-ascii', maxLength: 40 }).filter((text) => !text.includes('\0'))

t.test('what it prints, taken in by a shell, points there and leaves no credential', async (t) => {
  const { stdout, stderr } = await runCommand(env, ['--port', '8123'])
  t.equal(stderr, '')
  const before = { PATH: process.env.PATH ?? '', ZEEBE_CLIENT_SECRET: 'canary', CAMUNDA_CLIENT_ID: 'x' }
  for (const shell of ['sh', 'bash', 'dash', 'zsh'].filter(has)) {
    const seen = execFileSync(shell, ['-euc', `eval "$1"; env`, shell, stdout], {
      env: before,
      encoding: 'utf8',
    })
    t.match(seen, 'CAMUNDA_REST_ADDRESS=http://127.0.0.1:8123\n', shell)
    t.match(seen, 'CAMUNDA_AUTH_STRATEGY=NONE\n')
    t.notMatch(seen, /CLIENT_ID|CLIENT_SECRET|canary/)
  }
  if (!has('fish')) return
  const fish = await runCommand(env, ['--port', '8123', '--shell', 'fish'])
  const seen = execFileSync('fish', ['-c', `${fish.stdout}\nenv`], { env: before, encoding: 'utf8' })
  t.match(seen, 'ZEEBE_REST_ADDRESS=http://127.0.0.1:8123\n')
  t.notMatch(seen, /CLIENT_ID|CLIENT_SECRET|canary/)
})

t.test('the other shells, and where the proxy can be reached', async (t) => {
  const line = async (...args: string[]) =>
    (await runCommand(env, args)).stdout.split('\n').filter((line) => /ZEEBE_(REST|CLIENT_ID)/.test(line))
  t.strictSame(await line('--shell', 'powershell'), [
    'Remove-Item Env:ZEEBE_CLIENT_ID -ErrorAction SilentlyContinue',
    "$env:ZEEBE_REST_ADDRESS = 'http://127.0.0.1:8080'",
  ])
  t.strictSame(await line('--shell', 'cmd'), [
    'set "ZEEBE_CLIENT_ID="',
    'set "ZEEBE_REST_ADDRESS=http://127.0.0.1:8080"',
  ])
  t.strictSame(await line('--shell=dotenv', '--host', '::'), [
    'ZEEBE_CLIENT_ID=',
    'ZEEBE_REST_ADDRESS=http://[::1]:8080',
  ])
  t.match(await line('--host', '0.0.0.0', '--allow-remote'), [/unset/, /'http:\/\/127\.0\.0\.1:8080'/])
  t.match((await runCommand(env, [], { CAMUNDA_PROXY_CALLER_TOKEN: 'canary' })).stderr, /^warning: [^\n]*\n$/)
  const refused = [
    ['--socket', '/run/x'],
    ['--port', '0'],
    ['--shell', 'tcsh'],
    ['--host', 'a b'],
    ['--host', "a'b", '--shell', 'dotenv'],
    ['--no-such-flag'],
  ]
  for (const args of refused) await t.rejects(runCommand(env, args), SettingsError, args.join(' '))
})

t.test('whatever a value holds, a shell reads it as it is, or it is not written', async (t) => {
  const values = fc.sample(anyText(), 300)
  const posix = values.map((value) => `${shellOf('sh')?.set('V', value)}\nprintf '%s\\0' "$V"`).join('\n')
  const fishes = values.map((value) => `${shellOf('fish')?.set('V', value)}\nprintf '%s\\0' $V`).join('\n')
  for (const [shell, script] of [
    ['sh', posix],
    ['bash', posix],
    ['zsh', posix],
    ['fish', fishes],
  ] as const) {
    if (!has(shell)) continue
    const said = execFileSync(shell, ['-c', script], { encoding: 'utf8' })
    t.strictSame(said.split('\0').slice(0, -1), values, shell)
  }
  fc.assert(
    fc.property(anyText(), (value) => {
      const cmd = shellOf('cmd')?.set('V', value)
      const powershell = shellOf('powershell')?.set('V', value) ?? ''
      const body = /^\$env:V = '(.*)'$/s.exec(powershell)?.[1] ?? ''
      return (
        (cmd === undefined || !/["%!\n]/.test(cmd.slice('set "V='.length, -1))) &&
        body.replace(/(['‘’‚‛])\1/g, '$1') === value &&
        !/'/.test(body.replaceAll("''", ''))
      )
    }),
  )
  t.equal(shellOf('powershell')?.set('V', 'a’b'), "$env:V = 'a’’b'")
  t.equal(shells.length, 5)
})
