const LEVEL = 4
const DIAGNOSTIC_LINES = 30

/**
 * What failed in a test run, from its TAP: for each assertion the test file, the subtests around it, its own name and
 * the beginning of its diagnostics, as text. A subtest or a file is told of only if it failed for a reason of its own.
 */
export function failuresOf(tap) {
  const lines = tap.split('\n')
  const told = []
  let names = []
  // By depth: whether something has failed there that is told.
  let failed = []
  lines.forEach((line, at) => {
    const [, indent = '', text = ''] = /^( *)(.*)/.exec(line) ?? []
    const depth = indent.length / LEVEL
    const subtest = /^# Subtest: (.*)/.exec(text)
    const result = /^(not )?ok \d+(?: - )?(.*?)(?: # time=\S*)?( # (?:SKIP|TODO).*)?$/.exec(text)
    if (text.startsWith('Bail out!')) told.push(text)
    if (subtest !== null) {
      names = [...names.slice(0, depth), subtest[1]]
      failed = failed.slice(0, depth + 1)
    } else if (result !== null) {
      const [, not, name, excuse] = result
      const isFailure = not !== undefined && excuse === undefined
      if (isFailure && !failed.slice(depth + 1).includes(true)) {
        told.push([...names.slice(0, depth), name].join(' > ') + diagnosticsAt(lines, at + 1, indent))
      }
      failed = failed.slice(0, depth + 1)
      if (isFailure) failed[depth] = true
    }
  })
  return [...new Set(told)]
}

function diagnosticsAt(lines, start, indent) {
  if (lines[start] !== `${indent}  ---`) return ''
  const end = lines.indexOf(`${indent}  ...`, start)
  return (
    lines
      .slice(start + 1, end === -1 ? undefined : end)
      .map((line) => line.slice(indent.length))
      .join('\n')
      // The stack says where, and how a test file is run is known.
      .replace(/^ {2}(?:at|args):\n(?: {4}.*\n)*/gm, '')
      .split('\n')
      .slice(0, DIAGNOSTIC_LINES)
      .map((line) => `\n  ${line}`)
      .join('')
  )
}
