/**
 * From what the test runner wrote of its last run: prints each failure and, in the last line, `N passed, N failed`.
 * Fails if anything failed or nothing ran.
 */
import { readFileSync } from 'node:fs'
import { failuresOf } from './lib/failures.mjs'

const tap = readFileSync('.tap/results.tap', 'utf8')
const total = tap.split('\n').findLast((line) => line.startsWith('# { total:'))
const count = (what) => Number(new RegExp(`${what}: (\\d+)`).exec(total ?? '')?.[1] ?? 0)
const [passed, failed] = [count('pass'), count('fail')]
const failures = failuresOf(tap)
if (total === undefined) failures.push('The test run has not come to its end.')
for (const failure of failures) process.stdout.write(`not ok: ${failure}\n\n`)
process.stdout.write(`${passed} passed, ${failed} failed\n`)
if (failures.length > 0 || failed > 0 || passed === 0) process.exitCode = 1
