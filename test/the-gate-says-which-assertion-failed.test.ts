import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import t, { type Test } from 'tap'

/** What the last step of the gate says of such a run, and its exit code. */
function gate(t: Test, tap: string, faults?: string) {
  const lab = faults === undefined ? {} : { 'faults.tap': faults }
  const cwd = t.testdir({ '.tap': { 'results.tap': tap, ...lab } })
  const { status, stdout } = spawnSync(process.execPath, [resolve('scripts/count-tests.mjs')], {
    cwd,
    encoding: 'utf8',
  })
  return { status, stdout }
}

const GOOD = `TAP version 14
1..1
# Subtest: test/good.test.ts
    ok 1 - fine
    not ok 2 - later # TODO
    1..2
ok 1 - test/good.test.ts # time=1ms
`

t.test('nothing failed', async (t) => {
  const counted = gate(t, `${GOOD}# { total: 2, pass: 1, todo: 1 }\n`)
  t.strictSame(counted, { status: 0, stdout: '1 passed, 0 failed\n' })
})

t.test('what the fault lab found counts as well', async (t) => {
  const tests = `${GOOD}# { total: 2, pass: 1, todo: 1 }\n`
  t.strictSame(gate(t, tests, `${GOOD}# { total: 2, pass: 1, todo: 1 }\n`), {
    status: 0,
    stdout: '2 passed, 0 failed\n',
  })
  t.strictSame(
    gate(t, tests, 'TAP version 14\nok 1 - a row\nnot ok 2 - another\n# { total: 2, pass: 1, fail: 1 }\n'),
    {
      status: 1,
      stdout: 'not ok: another\n\n2 passed, 1 failed\n',
    },
  )
  t.equal(gate(t, tests, 'TAP version 14\n').status, 1, 'a run of it that broke off')
})

t.test('one assertion, and with it what it stands in', async (t) => {
  const counted = gate(
    t,
    `${GOOD}# Subtest: test/bad.test.ts
    # Subtest: outer
        ok 1 - fine
        # Subtest: inner
            ok 1 - fine
            not ok 2 - one is two
              ---
              at:
                fileName: test/bad.test.ts
              diff: |
                -2
                +1
              ...
            1..2
        not ok 2 - inner # time=1ms
          ---
          at:
            fileName: test/bad.test.ts
          ...
        1..2
    not ok 1 - outer # time=1ms
    1..1
not ok 2 - test/bad.test.ts # time=1ms
  ---
  exitCode: 1
  ...
# { total: 4, pass: 3, fail: 1 }
`,
  )
  const said = `not ok: test/bad.test.ts > outer > inner > one is two
    diff: |
      -2
      +1

3 passed, 1 failed
`
  t.strictSame(counted, { status: 1, stdout: said })
})

t.test('a file that was killed, a bail-out, and a run without an end', async (t) => {
  const counted = gate(
    t,
    `${GOOD}# Subtest: test/killed.test.ts
    # Subtest: begun
        ok 1 - fine
not ok 2 - test/killed.test.ts # time=1ms
  ---
  exitCode: null
  signal: SIGKILL
  ...
Bail out! enough
`,
  )
  const said = `not ok: test/killed.test.ts
    exitCode: null
    signal: SIGKILL

not ok: Bail out! enough

not ok: The run of .tap/results.tap has not come to its end.

0 passed, 0 failed
`
  t.strictSame(counted, { status: 1, stdout: said })
})
