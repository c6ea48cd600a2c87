import { badFlag, type Command, ExitCode } from './command.ts'
import { commands, completionShells } from './commands.ts'
import { type CompletedFlag, flagsOf } from './own-flags.ts'

const PROGRAM = 'camunda-auth-proxy'
const names = Object.keys(commands)

/** What each command may be followed by, apart from the values of flags. */
const words = Object.entries(commands).map(([name, entry]) => ({
  name,
  words: [
    ...(entry.argument?.choices ?? []),
    ...(name === 'help' ? names : []),
    ...flagsOf(entry).map((flag) => `--${flag.name}`),
  ],
}))

/** Every flag that takes a value, once. */
const valued: readonly CompletedFlag[] = [
  ...new Map(
    Object.values(commands)
      .flatMap(flagsOf)
      .filter((flag) => flag.takesValue)
      .map((flag) => [flag.name, flag]),
  ).values(),
]

const scripts: Record<(typeof completionShells)[number], () => string> = { bash, zsh, fish, powershell }

/** `camunda-auth-proxy completion SHELL`: a script for the shell, made of what this version knows. */
export const completion: Command = async ({ args, stdout }) => {
  const shell = completionShells.find((one) => one === args[0])
  if (shell === undefined || args.length > 1) {
    const expected = `one of ${completionShells.join(', ')}`
    throw badFlag('completion', expected)
  }
  stdout.write(scripts[shell]())
  return ExitCode.ok
}

/** `case` branches for the word after a flag, for the shells that have `case`. */
function valueCases(choose: (choices: readonly string[]) => string, path: string, indent: string): string {
  const flags = (some: readonly CompletedFlag[]) => some.map(({ name }) => `--${name}`).join(' | ')
  const paths = valued.filter(({ takesPath }) => takesPath)
  const free = valued.filter(({ takesPath, choices }) => !takesPath && choices.length === 0)
  const chosen = valued.filter(({ choices }) => choices.length > 0)
  return [
    ...chosen.map((flag) => `--${flag.name}) ${choose(flag.choices)}; return ;;`),
    `${flags(paths)}) ${path}; return ;;`,
    `${flags(free)}) return ;;`,
  ]
    .map((line) => indent + line)
    .join('\n')
}

function wordCases(choose: (choices: readonly string[]) => string, indent: string): string {
  return words.map((one) => `${indent}${one.name}) ${choose(one.words)} ;;`).join('\n')
}

function bash(): string {
  const choose = (choices: readonly string[]) => `COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$cur"))`
  return `# bash completion for ${PROGRAM}
_camunda_auth_proxy() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command=start
  COMPREPLY=()
  case \${COMP_WORDS[COMP_CWORD - 1]} in
${valueCases(choose, 'COMPREPLY=($(compgen -f -- "$cur"))', '    ')}
  esac
  if ((COMP_CWORD == 1)) && [[ $cur != -* ]]; then
    ${choose(names)}
    return
  fi
  if ((COMP_CWORD > 1)) && [[ \${COMP_WORDS[1]} != -* ]]; then command=\${COMP_WORDS[1]}; fi
  case $command in
${wordCases(choose, '    ')}
  esac
}
complete -o filenames -F _camunda_auth_proxy ${PROGRAM}
`
}

function zsh(): string {
  const choose = (choices: readonly string[]) => `compadd -- ${choices.join(' ')}`
  const described = Object.entries(commands).map(([name, { summary }]) => `'${quoted(`${name}:${summary}`)}'`)
  return `#compdef ${PROGRAM}
_camunda_auth_proxy() {
  local command=start
  case $words[CURRENT-1] in
${valueCases(choose, '_files', '    ')}
  esac
  if ((CURRENT == 2)) && [[ $PREFIX != -* ]]; then
    local -a commands=(
      ${described.join('\n      ')}
    )
    _describe command commands
    return
  fi
  if ((CURRENT > 2)) && [[ $words[2] != -* ]]; then command=$words[2]; fi
  case $command in
${wordCases(choose, '    ')}
  esac
}
if [[ $funcstack[1] == _camunda_auth_proxy ]]; then _camunda_auth_proxy; else compdef _camunda_auth_proxy ${PROGRAM}; fi
`
}

/** Between single quotes of a POSIX shell. */
function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}

function fish(): string {
  const quote = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`
  const line = (...parts: string[]) => `complete -c ${PROGRAM} ${parts.join(' ')}`
  const isFirst = '-n __fish_use_subcommand'
  const isAfter = (name: string) => `-n '__fish_seen_subcommand_from ${name}'`
  // Without a command, it is start.
  const isStart = `-n 'not __fish_seen_subcommand_from ${names.filter((name) => name !== 'start').join(' ')}'`
  const flagLine = (
    condition: string,
    { name, description, takesValue, takesPath, choices }: CompletedFlag,
  ) => {
    const value = choices.length > 0 ? `-xa ${quote(choices.join(' '))}` : '-x'
    return line(
      condition,
      `-l ${name}`,
      takesPath ? '-rF' : takesValue ? value : '-f',
      `-d ${quote(description)}`,
    )
  }
  const lines = Object.entries(commands).flatMap(([name, entry]) => {
    const condition = name === 'start' ? isStart : isAfter(name)
    const choices = name === 'help' ? names : entry.argument?.choices
    return [
      line(isFirst, `-a ${name}`, `-d ${quote(entry.summary)}`),
      ...(choices === undefined ? [] : [line(condition, `-a ${quote(choices.join(' '))}`)]),
      ...flagsOf(entry).map((flag) => flagLine(condition, flag)),
    ]
  })
  return [`# fish completion for ${PROGRAM}`, line('-f'), ...lines, ''].join('\n')
}

function powershell(): string {
  const list = (choices: readonly string[]) => choices.map((one) => `'${one}'`).join(', ')
  const entry = (name: string, choices: readonly string[]) => `    '${name}' = @(${list(choices)})`
  const values = valued.filter(({ takesPath }) => !takesPath)
  return `# PowerShell completion for ${PROGRAM}
Register-ArgumentCompleter -Native -CommandName ${PROGRAM} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $values = @{
${values.map(({ name, choices }) => entry(`--${name}`, choices)).join('\n')}
  }
  $words = @{
${words.map((one) => entry(one.name, one.words)).join('\n')}
  }
  $before = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
    ForEach-Object { $_.ToString() })
  $command = if ($before.Count -gt 1 -and -not $before[1].StartsWith('-')) { $before[1] } else { 'start' }
  $candidates = if ($values.ContainsKey($before[-1])) { $values[$before[-1]] }
    elseif ($before.Count -eq 1 -and -not $wordToComplete.StartsWith('-')) { @(${list(names)}) }
    else { $words[$command] }
  $candidates | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`
}
