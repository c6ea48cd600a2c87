import { environmentNames, flagName } from '../config/camunda-env.ts'
import { isSecret, type SettingName, settingNames, settingSchema } from '../config/schema.ts'
import { type Command, CommandError, ExitCode } from './command.ts'
import { type CommandEntry, commands, flagUsage, usageOf } from './commands.ts'

/** What a screen has room for: the settings of a first start. */
const onOneScreen: readonly SettingName[] = [
  'restAddress',
  'authStrategy',
  'clientId',
  'clientSecretFile',
  'oauthUrl',
  'tokenAudience',
  'host',
  'port',
  'socket',
  'workers',
  'readOnly',
  'logLevel',
]
const COLUMNS = 80

/** `camunda-auth-proxy help [COMMAND] [--all]`: what fits on a screen, one command, or every flag. */
export const help: Command = async ({ args, stdout }) => {
  const name = args.find((arg) => !arg.startsWith('-'))
  const entry = name === undefined ? undefined : commands[name]
  if (name !== undefined && entry === undefined)
    throw new CommandError(`there is no command of that name: ${Object.keys(commands).join(', ')}`)
  stdout.write(
    name !== undefined && entry !== undefined ? ofCommand(name, entry) : overview(args.includes('--all')),
  )
  return ExitCode.ok
}

function overview(all: boolean): string {
  const flags = all ? settingNames.filter((name) => !isSecret(name)) : onOneScreen
  const width = Math.max(...flags.map((name) => flagText(name).length)) + 2
  const known = Object.entries(commands).map(
    ([name, { summary }]) => [all ? usageOf(name) : name, summary] as const,
  )
  return `camunda-auth-proxy: signs every request to a Camunda 8 cluster

usage: camunda-auth-proxy [COMMAND] [FLAGS]

commands:
${inColumns(known)}

flags (each is also an environment variable and a key of the file):
  ${'--env-file FILE'.padEnd(width)}variables to add, such as the Console's download
  ${'--config FILE'.padEnd(width)}settings in YAML or JSON; several clusters, too
${flags.map((name) => flagLine(name, width, all)).join('\n')}
${all ? '' : '  and more, for other ways to authenticate, callers, TLS and scope: help --all\n'}
${all ? allSecrets() : commonSecrets}`
}

const commonSecrets = `secrets come by variable or by a file of their own, never by a flag:
  CAMUNDA_CLIENT_SECRET, CAMUNDA_CLIENT_SECRET_FILE; all of them: help --all
`

function allSecrets(): string {
  const names = settingNames.filter(isSecret).map((name) => `  ${environmentNames(name)[0]}\n`)
  return `secrets, by variable or, best, by the file that the variable with _FILE names:\n${names.join('')}`
}

function ofCommand(
  name: string,
  { summary, details, flags = [], takesSettings, ...entry }: CommandEntry,
): string {
  const ownFlags = flags.map((flag) => [flagUsage(flag), flag.description] as const)
  const exitCodes = Object.entries(entry.exitCodes)
  const settings = takesSettings ? '\nFlags of settings may follow: help --all lists them.\n' : ''
  const section = (title: string, body: string) => (body === '' ? '' : `\n${title}:\n${body}\n`)
  return `usage: camunda-auth-proxy ${usageOf(name)}

${summary}
${details === undefined ? '' : `\n${details}\n`}${section('flags', inColumns(ownFlags))}${settings}${section(
  'examples',
  entry.examples.map((example) => `  ${example}`).join('\n'),
)}${section('exit codes', inColumns(exitCodes))}`
}

function inColumns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...rows.map(([first]) => first.length)) + 2
  return rows.map(([first, second]) => `  ${first.padEnd(width)}${second}`).join('\n')
}

function flagText(name: SettingName): string {
  return `--${flagName(name)}${settingSchema(name).type === 'boolean' ? '' : ' VALUE'}`
}

/** The flag, its variable, and its default if there is room and it is worth telling. */
function flagLine(name: SettingName, width: number, all: boolean): string {
  const { default: fallback } = settingSchema(name)
  const isWorthIt = fallback !== undefined && fallback !== false && String(fallback) !== ''
  const short = `  ${flagText(name).padEnd(width)}${environmentNames(name)[0]}`
  const whole = isWorthIt ? `${short} (${String(fallback)})` : short
  return all || whole.length <= COLUMNS ? whole : short
}
