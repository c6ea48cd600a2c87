/**
 * From what the test runner wrote of its last run, and of that of the fault lab if there was one: prints each failure
 * and, in the last line, `N passed, N failed`. Fails if anything failed or nothing ran.
 */
import { existsSync, readFileSync } from 'node:fs'
import { failuresOf } from './lib/failures.mjs'
import { FAULTS_TAP, TESTS_TAP } from './lib/results.mjs'

const runs = [TESTS_TAP, ...[FAULTS_TAP].filter((file) => existsSync(file))].map(resultsIn)
const sum = (what) => runs.reduce((total, run) => total + run[what], 0)
const [passed, failed] = [sum('passed'), sum('failed')]
const failures = runs.flatMap((run) => run.failures)
for (const failure of failures) process.stdout.write(`not ok: ${failure}\n\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
if (failures.length > 0 || failed > 0 || runs.some((run) => run.passed === 0)) process.exitCode = 1

function resultsIn(file) {
  const tap = readFileSync(file, 'utf8')
  const total = tap.split('\n').findLast((line) => line.startsWith('# { total:'))
  const count = (what) => Number(new RegExp(`${what}: (\\d+)`).exec(total ?? '')?.[1] ?? 0)
  const unfinished = total === undefined ? [`The run of ${file} has not come to its end.`] : []
  return { passed: count('pass'), failed: count('fail'), failures: [...failuresOf(tap), ...unfinished] }
}
