import { readFileSync } from 'node:fs'
import t from 'tap'
import { diagnose, diagnosisCodes } from '../../src/check/diagnoses.ts'

t.test('docs/check.md has every row of the table, in sentences', async (t) => {
  const page = readFileSync('docs/check.md', 'utf8').replace(/ +/g, ' ')
  for (const word of diagnosisCodes) {
    const { cause, cure } = diagnose(word)
    t.ok(page.includes(`| \`${word}\` | ${cause} | ${cure} |`), word)
    t.match(`${cause} ${cure}`, /\.$/, 'a sentence has an end')
  }
})
