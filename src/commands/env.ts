import { environmentNames } from '../config/camunda-env.ts'
import { loadSome } from '../config/load.ts'
import { localUrl } from './addresses.ts'
import { badFlag, type Command, ExitCode, takeFlag } from './command.ts'
import { type Shell, shellOf, shells } from './shells.ts'

/** What makes Camunda's clients call an address without a credential of their own. */
const pointing = (address: string): Record<string, string> => ({
  CAMUNDA_REST_ADDRESS: address,
  ZEEBE_REST_ADDRESS: address,
  CAMUNDA_BASE_URL: address,
  CAMUNDA_AUTH_STRATEGY: 'NONE',
  CAMUNDA_OAUTH_DISABLED: 'true',
  CAMUNDA_PREFER_REST: 'true',
})

/** By the variables of these, clients get tokens or log in themselves, some whatever else they are told. */
const ofOwnCredentials = [
  'clientId',
  'clientSecret',
  'oauthUrl',
  'tokenAudience',
  'oauthScope',
  'basicAuthUsername',
  'basicAuthPassword',
  'cookieAuthUrl',
  'cookieAuthUsername',
  'cookieAuthPassword',
  'oauthToken',
  'administrationClientId',
  'administrationClientSecret',
].flatMap(environmentNames)

/** `camunda-auth-proxy env [--shell SHELL]`: lines that point Camunda's clients at the running proxy. */
export const env: Command = async ({ args, env, stdout, stderr }) => {
  const { value, rest } = takeFlag(args, 'shell')
  const name = value ?? (process.platform === 'win32' ? 'powershell' : 'sh')
  const shell = shellOf(name)
  if (shell === undefined) throw badFlag('shell', `one of ${shells.join(', ')}`)
  const names = [
    'host',
    'port',
    'socket',
    'callerToken',
    'callerTokenFile',
    'callersFile',
    'callerAuth',
  ] as const
  const settings = await loadSome(names, rest, env)
  const isGuarded = [settings.callerToken, settings.callerTokenFile, settings.callersFile].some(Boolean)
  if (isGuarded || settings.callerAuth === 'client-credentials')
    stderr.write('warning: the proxy asks its callers who they are, which these variables do not say\n')
  const lines = linesFor(shell, addressOf(settings))
  if (stdout.isTTY === true)
    lines.unshift(shell.comment(`to use it: ${shell.use(`camunda-auth-proxy env --shell ${name}`)}`))
  stdout.write(lines.map((line) => `${line}\n`).join(''))
  return ExitCode.ok
}

function addressOf({ host, port, socket }: { host: string; port: number; socket?: string }): string {
  if (socket !== undefined)
    throw badFlag(
      'socket',
      "to be left out, and host and port set: Camunda's clients cannot call a Unix socket",
    )
  if (port === 0) throw badFlag('port', 'the port that was taken: 0 does not tell which')
  const address = localUrl(host, port)
  if (!URL.canParse(address)) throw badFlag('host', 'an address or a name that can stand in a URL')
  return address
}

function linesFor(shell: Shell, address: string): string[] {
  const unset = ofOwnCredentials.map((name) => shell.unset(name))
  const set = Object.entries(pointing(address)).map(([name, value]) => {
    const line = shell.set(name, value)
    if (line === undefined) throw badFlag('host', 'a name that can be written in this shell')
    return line
  })
  return [...unset, ...set]
}
