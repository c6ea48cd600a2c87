import { readFileSync } from 'node:fs'
import t from 'tap'
import { commands } from '../../src/commands/commands.ts'
import { help } from '../../src/commands/help.ts'
import { version } from '../../src/commands/version.ts'
import { environmentNames, flagName } from '../../src/config/camunda-env.ts'
import { isSecret, settingNames, settingSchema } from '../../src/config/schema.ts'
import { runCommand } from '../helpers/run-command.ts'

t.test('all: every flag with its variable and its default, and no secret among them', async (t) => {
  const { code, stdout, stderr } = await runCommand(help, ['--all'])
  t.equal(code, 0)
  t.equal(stderr, '')
  const lines = stdout.split('\n').filter((line) => line.startsWith('  --'))
  const flags = lines.map((line) => line.trim().split(' ')[0])
  const settings = settingNames.filter((name) => !isSecret(name))
  t.strictSame(flags, ['--env-file', '--config', ...settings.map((name) => `--${flagName(name)}`)])
  for (const name of settings) {
    const { type, default: fallback } = settingSchema(name)
    const line = lines.find((candidate) => candidate.startsWith(`  --${flagName(name)} `)) ?? ''
    t.equal(/ VALUE /.test(line), type !== 'boolean', `${name} takes a value unless it is a switch`)
    t.match(line, ` ${environmentNames(name)[0]}`)
    const shown = /\((.*)\)$/.exec(line)?.[1]
    const isWorthIt = fallback !== undefined && fallback !== false && !Array.isArray(fallback)
    t.equal(shown, isWorthIt ? String(fallback) : undefined, `${name} and its default`)
  }
  for (const name of settingNames.filter(isSecret)) {
    t.notMatch(stdout, `--${flagName(name)} `)
    t.match(stdout.split('secrets, ')[1], new RegExp(`^  ${environmentNames(name)[0]}$`, 'm'))
  }
})

t.test('what most people need, where nothing else is asked for', async (t) => {
  const { stdout } = await runCommand(help, [])
  for (const flag of ['--client-id ', '--rest-address ', '--port ', '--read-only ']) t.match(stdout, flag)
  t.match(stdout, '  CAMUNDA_CLIENT_SECRET, ')
  t.match(stdout, 'help --all')
  t.notMatch(stdout, '--oauth-tls-ca ')
})

t.test('every command that there is, and of each what it takes, examples and exit codes', async (t) => {
  const { stdout } = await runCommand(help, [])
  for (const [name, entry] of Object.entries(commands)) {
    t.match(stdout, new RegExp(`^  ${name} +\\S`, 'm'), name)
    const own = (await runCommand(help, [name])).stdout
    for (const flag of entry.flags ?? []) t.match(own, `  --${flag.name}`)
    for (const example of entry.examples) t.match(own, `\n  ${example}\n`)
    for (const [code, meaning] of Object.entries(entry.exitCodes)) t.match(own, `\n  ${code}  ${meaning}\n`)
    for (const line of own.split('\n')) t.ok(line.length <= 92, line)
  }
  await t.rejects(runCommand(help, ['strat']), { message: /there is no command of that name: start, / })
})

t.test('in columns, on a screen of 80 columns and 40 lines', async (t) => {
  const { stdout } = await runCommand(help, [])
  const lines = stdout.split('\n')
  t.ok(lines.length <= 40, `${lines.length} lines`)
  for (const line of lines) t.ok(line.length <= 80, line)
  const columns = lines
    .filter((line) => line.startsWith('  --'))
    .map((line) => line.search(/(?<= )(?:CAMUNDA|variables|settings)/))
  t.equal(new Set(columns).size, 1)
  t.equal(stdout.endsWith('\n'), true)
})

t.test('version: that of the package', async (t) => {
  const { version: expected } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  t.strictSame(await runCommand(version, []), { code: 0, stdout: `${expected}\n`, stderr: '' })
})
