// A workflow that may publish runs the code of others: each of it at a commit that was looked at, and with no more rights
// than it needs.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'

const FOLDER = '.github/workflows'
const workflows = readdirSync(FOLDER).map(
  (name) => [name, readFileSync(`${FOLDER}/${name}`, 'utf8')] as const,
)
const PINNED = /^\s*(?:- )?uses: [\w./-]+@[0-9a-f]{40} # v\d+(?:\.\d+){0,2}$/

t.test('every action is named by its commit, with its version beside it', async (t) => {
  for (const [name, text] of workflows) {
    const uses = text.split('\n').filter((line) => /\buses:/.test(line))
    t.ok(uses.length > 0, name)
    for (const line of uses) t.match(line, PINNED, `${name}: ${line.trim()}`)
  }
})

t.test('nothing may be written unless a job says so, and what is run is no text of others', async (t) => {
  for (const [name, text] of workflows) {
    const { permissions, jobs } = parse(text) as {
      permissions: unknown
      jobs: Record<string, { 'timeout-minutes'?: number; steps: { run?: string }[] }>
    }
    t.strictSame(permissions, { contents: 'read' }, name)
    for (const [job, { steps, ...limits }] of Object.entries(jobs)) {
      t.type(limits['timeout-minutes'], 'number', `${name}: ${job}`)
      for (const { run = '' } of steps) t.notMatch(run, /\$\{\{/, `${name}: ${job}`)
    }
  }
})

t.test('what changed is the part of the changelog about that version, or the release fails', async (t) => {
  const cwd = t.testdir()
  const section = (version: string) =>
    spawnSync(process.execPath, [resolve('scripts/changelog-section.mjs'), version], {
      cwd,
      encoding: 'utf8',
    })
  writeFileSync(
    `${cwd}/CHANGELOG.md`,
    '# Changelog\n\n## [Unreleased]\n\n## [1.10.0] - 2026-01-02\n\n### Added\n\n- One.\n\n## [1.1.0]\n\n- Other.\n',
  )
  t.equal(section('1.10.0').stdout, '### Added\n\n- One.\n')
  t.equal(section('1.1.0').stdout, '- Other.\n')
  for (const version of ['1.0.0', '1.1', 'Unreleased', '']) {
    const { status, stdout, stderr } = section(version)
    t.strictSame([status, stdout], [1, ''], version)
    t.match(stderr, /says nothing/)
  }
})
