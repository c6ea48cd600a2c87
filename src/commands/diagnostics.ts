/** What Node offers to look into a process, and so at the credential: shut where that can be done, told of where not. */

/**
 * Keeps SIGUSR1 from opening Node's inspector on port 9229, where every user of the machine could read the memory of
 * this process; with a listener of its own, the signal does nothing. And keeps the environment, which may hold
 * secrets, out of diagnostic reports (Node 22.13 and newer). To be called before anything else is loaded.
 */
export function shutDiagnostics(): void {
  process.on('SIGUSR1', () => {})
  if (canExcludeEnvironment()) Object.assign(process.report, { excludeEnv: true })
}

/** Options of Node's that give something away, and what. */
const REVEALING: readonly (readonly [RegExp, string])[] = [
  [/^--inspect/, 'every user of this machine can read the credential through the inspector'],
  [/^--heapsnapshot-/, 'a heap snapshot holds the credential'],
  [/^--tls-keylog/, 'with the key log, what goes to the cluster can be decrypted'],
]
const REPORTING: readonly [RegExp, string] = [
  /^--report-/,
  'a diagnostic report of this version of Node holds the environment, with the secrets in it',
]

/**
 * Warns of options that give the credential away, of the command line and of the variable NODE_OPTIONS. Values of
 * options are not shown.
 */
export function diagnosticsWarnings(
  execArgv: readonly string[],
  nodeOptions = '',
  hidesEnvironment = canExcludeEnvironment(),
): string[] {
  // Node takes either for the other.
  const names = [...execArgv, ...nodeOptions.split(/[\s"]+/)].map(
    (option) => option.split('=', 1)[0]?.replaceAll('_', '-') ?? '',
  )
  return [...REVEALING, ...(hidesEnvironment ? [] : [REPORTING])].flatMap(([pattern, why]) => {
    const found = names.find((name) => pattern.test(name))
    return found === undefined ? [] : [`Node runs with ${found}: ${why}; leave it out`]
  })
}

function canExcludeEnvironment(): boolean {
  return 'excludeEnv' in process.report
}
