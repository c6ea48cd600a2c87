import { readFileSync } from 'node:fs'
import { type Command, ExitCode } from './command.ts'

/** `camunda-auth-proxy version [--verbose]` */
export const version: Command = async ({ stdout, verbose }) => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  stdout.write(`${(JSON.parse(text) as { version: string }).version}\n`)
  if (verbose !== true) return ExitCode.ok
  const { node, openssl = 'none' } = process.versions
  stdout.write(`node ${node}\nopenssl ${openssl}\nplatform ${process.platform} ${process.arch}\n`)
  return ExitCode.ok
}
