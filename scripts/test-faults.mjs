/**
 * The fault lab: `node scripts/test-faults.mjs [--long] [--write] [WORD …]` runs the tables in test/faults whose file
 * names hold one of the words, or all, against the built program, and prints what came of each fault. `--long` makes the
 * faults last as long as they do in life, `--write` puts the tables into docs/faults.md. Ends with 1 if anything failed.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { failuresOf } from './lib/failures.mjs'
import { FAULTS_TAP } from './lib/results.mjs'

const FOLDER = '.tap/faults'
const DOCUMENT = 'docs/faults.md'
const MARKS = /(<!-- tables -->\n)[\s\S]*(<!-- end of tables -->)/
const COLUMNS = {
  fault: 'Fault',
  callers: 'Callers saw',
  slowest: 'Slowest',
  tokenRequests: 'Token requests',
  healsAfter: 'Heals after',
}

const { values: flags, positionals: words } = parseArgs({
  options: { long: { type: 'boolean' }, write: { type: 'boolean' } },
  allowPositionals: true,
})

const isChosen = (name) => words.length === 0 || words.some((word) => name.includes(word))
const groups = readdirSync('test/faults')
  .filter((name) => name.endsWith('.fault.ts'))
  .map((name) => name.replace('.fault.ts', ''))
  .filter(isChosen)
if (groups.length === 0) throw new Error(`No table in test/faults is named like ${words.join(' or ')}.`)

rmSync(FOLDER, { recursive: true, force: true })
mkdirSync(FOLDER, { recursive: true })
const options = ['--disable-coverage', '--allow-empty-coverage', '--jobs=2', '--timeout=1200']
const { status } = spawnSync(
  'npx',
  [
    'tap',
    'run',
    ...options,
    `--output-file=${FAULTS_TAP}`,
    ...groups.map((name) => `build/test/faults/${name}.fault.js`),
  ],
  { stdio: 'inherit', env: { ...process.env, FAULTS: flags.long ? 'long' : 'short' } },
)
const tables = groups.map((group) => `## ${headline(group)}\n\n${table(linesOf(group))}\n`).join('\n')
process.stdout.write(`\n${tables}\n`)
if (flags.write) writeTables()
const failures = existsSync(FAULTS_TAP) ? failuresOf(readFileSync(FAULTS_TAP, 'utf8')) : ['Nothing ran.']
if (status !== 0 || failures.length > 0) process.exitCode = 1

function linesOf(group) {
  const file = `${FOLDER}/${group}.jsonl`
  if (!existsSync(file)) return []
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .sort((a, b) => (a.place ?? 0) - (b.place ?? 0))
}

function table(lines) {
  const keys = Object.keys(COLUMNS)
  const row = (cells) => `| ${cells.join(' | ')} |`
  return [
    row(Object.values(COLUMNS)),
    row(keys.map(() => '---')),
    ...lines.map((line) => row(keys.map((key) => line[key]))),
  ].join('\n')
}

function headline(group) {
  const words = group.replaceAll('-', ' ')
  return words[0].toUpperCase() + words.slice(1)
}

function writeTables() {
  const document = readFileSync(DOCUMENT, 'utf8')
  writeFileSync(
    DOCUMENT,
    document.replace(MARKS, (_all, begin, end) => `${begin}\n${tables}\n${end}`),
  )
}
