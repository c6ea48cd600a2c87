import { execFileSync } from 'node:child_process'
import t from 'tap'
import { commands } from '../../src/commands/commands.ts'
import { completion } from '../../src/commands/completion.ts'
import { flagsOf } from '../../src/commands/own-flags.ts'
import { SettingsError } from '../../src/errors.ts'
import { runCommand } from '../helpers/run-command.ts'

const script = async (shell: string) => (await runCommand(completion, [shell])).stdout
const has = (shell: string) => {
  try {
    execFileSync(shell, ['-c', 'true'])
    return true
  } catch {
    return false
  }
}

t.test('bash completes commands, flags and values', { skip: !has('bash') }, async (t) => {
  const text = await script('bash')
  const complete = (...words: string[]) => {
    const ask = `COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _camunda_auth_proxy`
    const run = `${text}\n${ask}; printf '%s\\n' "\${COMPREPLY[@]}"`
    const said = execFileSync('bash', ['-uc', run, 'bash', 'camunda-auth-proxy', ...words], {
      encoding: 'utf8',
    })
    return said.split('\n').filter((line) => line !== '')
  }
  t.strictSame(complete(''), Object.keys(commands))
  t.strictSame(complete('wa'), ['wait'])
  t.strictSame(complete('wait', '--time'), ['--timeout'])
  t.strictSame(complete('--auth-strategy', 'B'), ['BASIC', 'BEARER'])
  t.strictSame(complete('env', '--shell', ''), ['sh', 'fish', 'powershell', 'cmd', 'dotenv'])
  t.strictSame(complete('completion', 'z'), ['zsh'])
  t.strictSame(complete('--config', 'package.j'), ['package.json'])
  t.strictSame(complete('--port', ''), [], 'nobody knows which')
  t.strictSame(complete('--client-sec'), ['--client-secret-file'], 'no secret')
  for (const [name, entry] of Object.entries(commands)) {
    const flags = flagsOf(entry).map((flag) => `--${flag.name}`)
    t.strictSame(complete(name, '--'), flags, name)
  }
})

t.test('zsh and fish read it', async (t) => {
  for (const shell of ['zsh', 'fish'].filter(has))
    execFileSync(shell, ['-n', `${t.testdir({ script: await script(shell) })}/script`])
  if (!has('fish')) return
  const ask = (words: string) => {
    const input = `complete -C ${JSON.stringify(`camunda-auth-proxy ${words}`)}`
    return (said: string) => execFileSync('fish', ['-c', `${said}\n${input}`], { encoding: 'utf8' })
  }
  const text = await script('fish')
  t.match(ask('wa')(text), /^wait\t/m)
  t.match(ask('--auth-strategy ')(text), /^COOKIE\t/m)
  t.match(ask('wait --time')(text), /^--timeout\t/m)
})

t.test('PowerShell gets the same words', async (t) => {
  const text = await script('powershell')
  t.match(text, "'wait' = @('--timeout'")
  t.match(text, "'--auth-strategy' = @('OAUTH', 'COOKIE', 'BASIC', 'BEARER', 'NONE')")
  t.equal(text.split('{').length, text.split('}').length)
})

t.test('other shells are refused by name', async (t) => {
  for (const args of [[], ['tcsh'], ['bash', 'zsh']])
    await t.rejects(runCommand(completion, args), SettingsError)
})
