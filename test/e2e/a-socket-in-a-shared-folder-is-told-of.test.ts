import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t, { type Test } from 'tap'
import { programEnv, runProgram } from '../helpers/program.ts'

const isAdministrator = process.geteuid?.() === 0
const skip = process.platform === 'win32' && 'there are no such modes'

/** The program with its socket in a folder of this mode, and of this user if not of ours. */
function start(t: Test, mode: number, workers: number, owner?: number) {
  const folder = mkdtempSync(`${tmpdir()}/shared-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, mode)
  if (owner !== undefined) chownSync(folder, owner, owner)
  const socket = `${folder}/p.sock`
  const env = programEnv('http://127.0.0.1:9', 'http://127.0.0.1:9/token')
  const args = ['start', '--workers', String(workers), '--socket', socket]
  return { folder, socket, program: runProgram(t, args, env) }
}

for (const workers of [1, 2]) {
  t.test(`${workers} of them`, { skip }, async (t) => {
    await t.test('where everybody could replace it: no start', async (t) => {
      const { folder, socket, program } = start(t, 0o777, workers, isAdministrator ? 12_003 : undefined)
      t.equal(await program.ended, 1)
      t.match(
        program.stderr(),
        `camunda-auth-proxy: Cannot listen on ${socket}: the folder ${folder} ${isAdministrator ? 'belongs to another user' : 'may be written to by every user'}`,
      )
      t.notOk(existsSync(socket))
    })
    await t.test('where somebody could take its place later: a warning', async (t) => {
      const { folder, socket, program } = start(t, 0o1777, workers)
      t.match(await program.line(`every user may make files in ${folder}`), { level: 'warn' })
      t.equal(statSync(socket).mode & 0o777, 0o600)
    })
    await t.test('a folder of its own: not a word', async (t) => {
      const { socket, program } = start(t, 0o700, workers)
      await program.line('listening on')
      t.notMatch(program.stdout(), /may make files|put a socket/)
      t.equal(statSync(socket).mode & 0o777, 0o600)
    })
  })
}
