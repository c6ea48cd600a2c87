/** Prints `N passed, N failed` from what the test runner wrote of its last run, and fails if anything failed or nothing ran. */
import { readFileSync } from 'node:fs'

const lines = readFileSync('.tap/results.tap', 'utf8').split('\n')
const total = lines.findLast((line) => line.startsWith('# { total:'))
const count = (what) => Number(new RegExp(`${what}: (\\d+)`).exec(total ?? '')?.[1] ?? 0)
const [passed, failed] = [count('pass'), count('fail')]
process.stdout.write(`${passed} passed, ${failed} failed\n`)
if (failed > 0 || passed === 0) process.exitCode = 1
