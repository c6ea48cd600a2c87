import { environmentNames, flagName } from '../config/camunda-env.ts'
import { isSecret, type SettingName, settingNames, settingSchema } from '../config/schema.ts'
import { type Command, ExitCode } from './command.ts'

/** `camunda-auth-proxy help [--all]`: what fits on a screen, or every flag. */
export const help: Command = async ({ args, stdout }) => {
  const all = args.includes('--all')
  const shown = settingNames.filter((name) => all || settingSchema(name).common === true)
  const flags = shown.filter((name) => !isSecret(name))
  const width = Math.max(...[...flags.map((name) => flagText(name).length), 20]) + 2
  stdout.write(`camunda-auth-proxy: signs every request to a Camunda 8 cluster

usage: camunda-auth-proxy [COMMAND] [FLAGS]

commands:
  start (default)           listen, and forward /v2/** with a fresh credential
  demo                      the same between an embedded identity provider and cluster
  config                    the settings in force, each with its source
  check [--json]            finds out what is wrong on the way to the cluster, and what to do
  wait [--timeout SECONDS]  return once a running proxy is ready
  help [--all], version

flags (each is also an environment variable and a key of the file):
  ${'--env-file FILE'.padEnd(width)}variables to add, such as the Console's download
  ${'--config FILE'.padEnd(width)}settings in YAML or JSON; the only place for several clusters
${flags.map((name) => `  ${flagText(name).padEnd(width)}${origin(name)}`).join('\n')}
${all ? '' : '  and more, for other ways to authenticate, TLS and scope: help --all\n'}
secrets, by variable or, best, by the file that the variable with _FILE names:
${shown
  .filter(isSecret)
  .map((name) => `  ${environmentNames(name)[0]}`)
  .join('\n')}
`)
  return ExitCode.ok
}

function flagText(name: SettingName): string {
  return `--${flagName(name)}${settingSchema(name).type === 'boolean' ? '' : ' VALUE'}`
}

/** The variable, and the default if it is worth telling. */
function origin(name: SettingName): string {
  const { default: fallback } = settingSchema(name)
  const isWorthIt = fallback !== undefined && fallback !== false && String(fallback) !== ''
  return `${environmentNames(name)[0]}${isWorthIt ? ` (${String(fallback)})` : ''}`
}
