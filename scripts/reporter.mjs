/**
 * What `npm test` shows: each test file as it ends, what it wrote that is no test result, and all failures at the end.
 * Every single assertion is in the output file.
 */
import { readFileSync } from 'node:fs'
import { failuresOf } from './lib/failures.mjs'

const write = (text) => process.stdout.write(text)

/** To the test runner, a React component: one that renders nothing. */
export default function reporter({ test, config }) {
  test.on('subtestAdd', (file) => {
    file.parser.on('extra', write)
    file.on('process', (child) => child.stderr?.on('data', write))
  })
  test.on('subtestEnd', (file) => write(`${file.passing() ? 'ok' : 'not ok'} ${file.name}\n`))
  process.once('exit', () => {
    for (const failure of failuresOf(readFileSync(config.get('output-file'), 'utf8')))
      write(`\nnot ok: ${failure}\n`)
  })
  return null
}
