import { environmentNames, flagName } from '../config/camunda-env.ts'
import { isSecret, settingNames, settingSchema } from '../config/schema.ts'
import { type Command, ExitCode } from './command.ts'

const WIDTH = 28

/** `camunda-auth-proxy help` */
export const help: Command = async ({ stdout }) => {
  stdout.write(`camunda-auth-proxy: signs every request to a Camunda 8 cluster

usage: camunda-auth-proxy [COMMAND] [FLAGS]

commands:
  start (default)           listen, and forward /v2/** with a fresh token
  demo                      the same between an embedded identity provider and cluster
  config                    the settings in force, each with its source
  wait [--timeout SECONDS]  return once a running proxy is ready
  help, version

flags (each is also an environment variable and a key of the file):
  --env-file FILE             variables to add, such as the Console's download
  --config FILE               settings in YAML or JSON
${settingNames
  .filter((name) => !isSecret(name))
  .map(flagLine)
  .join('\n')}

secrets: ${settingNames
    .filter(isSecret)
    .map((name) => environmentNames(name)[0])
    .join(', ')}, or the same with _FILE
`)
  return ExitCode.ok
}

function flagLine(name: (typeof settingNames)[number]): string {
  const { type, default: fallback } = settingSchema(name)
  const flag = `--${flagName(name)}${type === 'boolean' ? '' : ' VALUE'}`
  const known =
    fallback === undefined || fallback === false || String(fallback) === '' ? '' : ` (${String(fallback)})`
  return `  ${flag.padEnd(WIDTH)}${environmentNames(name)[0]}${known}`
}
