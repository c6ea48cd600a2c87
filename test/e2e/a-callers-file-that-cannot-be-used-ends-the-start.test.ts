import t from 'tap'
import { tokenHash } from '../helpers/clusters.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { fileIn } from '../helpers/proxy.ts'

t.test('exit code 2, the place and what is expected there, and no digest', async (t) => {
  const hash = tokenHash('token')
  const entry = (more: string) => `  - { name: a, tokenHash: '${hash}${more} }\n`
  for (const [name, text, expected] of [
    ['hash', `callers:\n${entry("0'")}`, 'callers[0].tokenHash (PATH): expected the SHA-256 of the token'],
    ['rule', `callers:\n${entry("', allow: [get /v2]")}`, 'callers[0].allow[0] (PATH): expected METHOD'],
    ['no list', 'callers: reports\n', 'callersFile (PATH): expected callers: and a list of them'],
    ['no YAML', `callers: [${hash}`, 'callersFile (PATH): expected valid YAML or JSON'],
    ['many', `callers:\n${entry("0'").repeat(25)}`, 'note: and '],
    [
      'too long',
      `callers: []\n# ${hash.repeat(70_000)}`,
      'callersFile (PATH): expected a file of 4 MiB at most',
    ],
    ['missing', undefined, 'callersFile (PATH): expected a readable file (ENOENT)'],
    ['device', undefined, 'callersFile (PATH): expected a regular file'],
  ] as const) {
    const file = name === 'device' ? '/dev/null' : name === 'missing' ? '/nowhere/callers.yaml' : undefined
    const path = file ?? fileIn(t, 'callers.yaml', text ?? '')
    const env = programEnv('http://127.0.0.1:9', 'http://127.0.0.1:9/token')
    const program = runProgram(t, ['start', '--callers-file', path], env)
    t.equal(await program.ended, 2, name)
    t.match(program.stderr(), expected.replace('PATH', path), name)
    t.notMatch(program.stderr() + program.stdout(), hash)
  }
})
