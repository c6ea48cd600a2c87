/** Fails if the tests that have just run covered too little of src. */
import { readFileSync } from 'node:fs'

const FLOOR_PERCENT = 95

const summary = JSON.parse(readFileSync('.tap/report/coverage-summary.json', 'utf8'))
const { pct } = summary.total.lines
process.stdout.write(`lines covered: ${pct} % (floor ${FLOOR_PERCENT} %)\n`)
if (pct < FLOOR_PERCENT) process.exitCode = 1
