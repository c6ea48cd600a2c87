import { readFileSync } from 'node:fs'
import { type Command, ExitCode } from './command.ts'

/** `camunda-auth-proxy version` */
export const version: Command = async ({ stdout }) => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  stdout.write(`${(JSON.parse(text) as { version: string }).version}\n`)
  return ExitCode.ok
}
