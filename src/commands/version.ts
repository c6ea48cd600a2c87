import { ownVersion } from '../config/version.ts'
import { type Command, ExitCode } from './command.ts'

/** `camunda-auth-proxy version [--verbose]` */
export const version: Command = async ({ stdout, verbose }) => {
  stdout.write(`${ownVersion()}\n`)
  if (verbose !== true) return ExitCode.ok
  const { node, openssl = 'none' } = process.versions
  stdout.write(`node ${node}\nopenssl ${openssl}\nplatform ${process.platform} ${process.arch}\n`)
  return ExitCode.ok
}
