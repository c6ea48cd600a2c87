/** How variables are set and taken away in the language of a shell. Pure; throws nothing. */
export interface Shell {
  /** Undefined where the shell has no way to write this value. */
  set(name: string, value: string): string | undefined
  unset(name: string): string
  comment(text: string): string
  /** What to do with the lines, where `command` prints them. */
  use(command: string): string
}

const byName = {
  // POSIX 2.2.2: nothing is special between single quotes but their end.
  sh: {
    set: (name, value) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
    unset: (name) => `unset ${name}`,
    comment: (text) => `# ${text}`,
    use: (command) => `eval "$(${command})"`,
  },
  fish: {
    set: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'`,
    unset: (name) => `set -e ${name}`,
    comment: (text) => `# ${text}`,
    use: (command) => `${command} | source`,
  },
  // It takes typographic quotes for straight ones.
  powershell: {
    set: (name, value) => `$env:${name} = '${value.replace(/['‘’‚‛]/g, '$&$&')}'`,
    unset: (name) => `Remove-Item Env:${name} -ErrorAction SilentlyContinue`,
    comment: (text) => `# ${text}`,
    use: (command) => `${command} | Out-String | Invoke-Expression`,
  },
  // It has no way to quote these that holds at the prompt and in a batch file.
  cmd: {
    set: (name, value) => (/["%!^&<>|\r\n]/.test(value) ? undefined : `set "${name}=${value}"`),
    unset: (name) => `set "${name}="`,
    comment: (text) => `rem ${text}`,
    use: (command) => `${command} > env.cmd && call env.cmd`,
  },
  // Readers differ over quotes and escapes, and Docker takes quotes for part of the value.
  dotenv: {
    set: (name, value) => (/^[\w.:/[\]-]*$/.test(value) ? `${name}=${value}` : undefined),
    unset: (name) => `${name}=`,
    comment: (text) => `# ${text}`,
    use: (command) => `${command} > client.env`,
  },
} as const satisfies Record<string, Shell>

export type ShellName = keyof typeof byName

export const shells = Object.keys(byName) as ShellName[]

/** The shell of a name, or undefined. */
export function shellOf(name: string): Shell | undefined {
  return shells.includes(name as ShellName) ? byName[name as ShellName] : undefined
}
