/** `node scripts/changelog-section.mjs VERSION`: prints what CHANGELOG.md says of a version, and fails if it says nothing. */
import { readFileSync } from 'node:fs'

const [version = ''] = process.argv.slice(2)
const sections = readFileSync('CHANGELOG.md', 'utf8').split(/^## /m).slice(1)
const section = sections.find((text) => text.split(/[\s[\]]+/).find((word) => word !== '') === version)
const body = section?.slice(section.indexOf('\n') + 1).trim() ?? ''
if (body === '') {
  process.stderr.write(`CHANGELOG.md says nothing of version ${version}.\n`)
  process.exitCode = 1
} else process.stdout.write(`${body}\n`)
