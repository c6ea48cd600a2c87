import type { Command } from './command.ts'
import { shells as envShells } from './shells.ts'

/** A flag that only one command has. */
export interface OwnFlag {
  name: string
  /** What stands for its value in a usage line; without it, the flag is a switch. */
  value?: string
  /** All values that it may have. */
  choices?: readonly string[]
  description: string
}

/** All that help, completion and the documentation say of a command, and how to get it. */
export interface CommandEntry {
  /** One line, with no full stop. */
  summary: string
  /** What more there is to say, in lines of 78 columns. */
  details?: string
  /** What follows the command, beside flags. */
  argument?: { name: string; choices: readonly string[] }
  flags?: readonly OwnFlag[]
  /** Whether the flags of settings may follow. */
  takesSettings: boolean
  examples: readonly string[]
  /** What its exit codes mean. */
  exitCodes: Readonly<Record<number, string>>
  /** Loaded when it runs: nobody pays for a command that was not asked for. */
  load(): Promise<Command>
}

export const completionShells = ['bash', 'zsh', 'fish', 'powershell'] as const

const listens = { 0: 'ended as asked by SIGTERM or SIGINT', 1: 'it cannot listen, or an unexpected error' }
const badSettings = 'the command line or the settings cannot be used; all that is wrong is listed'
const badCommandLine = 'the command line cannot be used'

/** Every command, in the order in which help shows them. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  start: {
    summary: 'listen, and forward /v2/** with a fresh credential (default)',
    takesSettings: true,
    examples: ['camunda-auth-proxy --env-file credentials.env', 'camunda-auth-proxy start --port 8081'],
    exitCodes: { ...listens, 2: badSettings },
    load: async () => (await import('./start.ts')).start,
  },
  demo: {
    summary: 'the same between an embedded identity provider and cluster',
    takesSettings: true,
    examples: ['camunda-auth-proxy demo'],
    exitCodes: { ...listens, 2: badSettings },
    load: async () => (await import('./demo.ts')).demo,
  },
  config: {
    summary: 'show the settings in force, each with its source',
    details: 'Secrets are shown as [redacted].',
    takesSettings: true,
    examples: ['camunda-auth-proxy config --env-file credentials.env'],
    exitCodes: { 0: 'shown', 2: badSettings },
    load: async () => (await import('./config.ts')).config,
  },
  check: {
    summary: 'find out what is wrong on the way to the cluster, and what to do',
    details: `It goes the way of a request step by step: settings, names, TLS, token, claims,
cluster, permissions. One attempt at each credential; what each failure means is
in docs/check.md.`,
    flags: [
      { name: 'json', description: 'print one JSON object' },
      { name: 'timeout', value: 'SECONDS', description: 'how long each step may take (10)' },
      { name: 'cluster', value: 'NAME', description: 'one of clusters, not all' },
    ],
    takesSettings: true,
    examples: ['camunda-auth-proxy check --env-file credentials.env', 'camunda-auth-proxy check --json'],
    exitCodes: { 0: 'all well, warnings aside', 1: 'a step failed', 2: badSettings },
    load: async () => (await import('./check.ts')).check,
  },
  wait: {
    summary: 'return once a running proxy is ready',
    details: `For scripts, init containers and health checks: it asks the admin listener that
the settings name. Where it is not ready in time, the last reason is on stderr.`,
    flags: [
      {
        name: 'timeout',
        value: 'SECONDS',
        description: 'how long to wait; 0 asks once (30)',
      },
    ],
    takesSettings: true,
    examples: [
      'camunda-auth-proxy wait --timeout 60 && ./run-tests.sh',
      'camunda-auth-proxy wait --timeout 0',
    ],
    exitCodes: { 0: 'ready', 1: 'not ready in time', 2: badSettings },
    load: async () => (await import('./wait.ts')).wait,
  },
  token: {
    summary: 'print the current token, or the whole header',
    details: `With shareToken, the running proxy is asked for it. Else, and where none runs, one
is got with the settings: by one attempt, and by none while a refusal is fresh.`,
    flags: [
      { name: 'header', description: 'print header lines, such as Authorization: Bearer …' },
      { name: 'cluster', value: 'NAME', description: 'one of clusters, not that at /v2' },
    ],
    takesSettings: true,
    examples: [
      'curl -H "$(camunda-auth-proxy token --header)" https://cluster.example/v2/topology',
      'camunda-auth-proxy token --admin-socket /run/user/1000/admin.sock --share-token',
    ],
    exitCodes: { 0: 'printed', 1: 'there is none, and why', 2: badSettings },
    load: async () => (await import('./token.ts')).token,
  },
  env: {
    summary: "print variables that point Camunda's clients at the proxy",
    details: `It also takes variables away by which clients would get tokens of their own. The
proxy reads the same variables: start it in another shell.`,
    flags: [
      {
        name: 'shell',
        value: 'SHELL',
        choices: envShells,
        description: `one of ${envShells.join(', ')} (sh)`,
      },
    ],
    takesSettings: true,
    examples: [
      'eval "$(camunda-auth-proxy env)"',
      'camunda-auth-proxy env --shell fish | source',
      'camunda-auth-proxy env --shell powershell | Out-String | Invoke-Expression',
      'camunda-auth-proxy env --shell dotenv > client.env',
    ],
    exitCodes: { 0: 'printed', 2: badSettings },
    load: async () => (await import('./env.ts')).env,
  },
  completion: {
    summary: 'print a script that completes commands and flags',
    argument: { name: 'SHELL', choices: completionShells },
    takesSettings: false,
    examples: [
      'source <(camunda-auth-proxy completion bash)',
      'source <(camunda-auth-proxy completion zsh)',
      'camunda-auth-proxy completion fish | source',
      'camunda-auth-proxy completion powershell | Out-String | Invoke-Expression',
    ],
    exitCodes: { 0: 'printed', 2: badCommandLine },
    load: async () => (await import('./completion.ts')).completion,
  },
  help: {
    summary: 'this; of one command: help COMMAND; every flag: help --all',
    flags: [{ name: 'all', description: 'every flag of every setting' }],
    takesSettings: false,
    examples: ['camunda-auth-proxy help wait', 'camunda-auth-proxy wait --help'],
    exitCodes: { 0: 'shown', 2: 'there is no such command' },
    load: async () => (await import('./help.ts')).help,
  },
  version: {
    summary: 'print the version; with --verbose also of what it runs on',
    takesSettings: false,
    examples: ['camunda-auth-proxy version --verbose'],
    exitCodes: { 0: 'printed' },
    load: async () => (await import('./version.ts')).version,
  },
}

/** `wait [--timeout SECONDS]`: a command as one writes it. */
export function usageOf(name: string): string {
  const { argument, flags = [] } = commands[name] ?? {}
  const own = flags.map((flag) => `[${flagUsage(flag)}]`)
  return [name, ...(argument === undefined ? [] : [argument.choices.join('|')]), ...own].join(' ')
}

/** `--timeout SECONDS` */
export function flagUsage({ name, value }: OwnFlag): string {
  return value === undefined ? `--${name}` : `--${name} ${value}`
}
