import { existsSync, readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { runCommand } from '../../src/credentials/run-command.ts'
import { outcome } from '../helpers/keeper-lab.ts'
import { failureOf } from '../helpers/oauth-lab.ts'
import { keeperOf } from '../helpers/source-lab.ts'
import { until } from '../helpers/until.ts'

const never = new AbortController().signal
const LONG_MS = 60_000
/** Enough for a shell to have started, and no more. */
const TIME_MS = 4_000

/** A command that starts another, writes down who they are, and waits, deaf to all that can be ignored. */
function lasting(t: Test, then = 'wait') {
  const path = `${t.testdir({})}/pids`
  const pids = () => (existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n').map(Number) : [])
  t.teardown(() =>
    pids()
      .filter(isThere)
      .map((pid) => process.kill(pid, 'SIGKILL')),
  )
  const command = `trap '' TERM INT HUP; sleep 600 & echo $$ >> '${path}'; echo $! >> '${path}'; ${then}`
  return {
    command,
    started: () => until(() => pids().length === 2, 'both have started'),
    async gone() {
      const [shell, sleeper] = pids()
      await until(() => !isThere(shell ?? 0), 'the shell is gone, and is no zombie')
      await until(() => !isRunning(sleeper ?? 0), 'what it started has ended')
    },
  }
}

t.test('when its time is over', async (t) => {
  const { command, gone, started } = lasting(t)
  const source = bearerSource({ command }, { commandMs: TIME_MS })
  const failed = failureOf(source.acquire(never), [command])
  await started()
  t.strictSame(await failed, {
    code: 'command-timeout',
    message: 'The token command did not end within 4 s; run it by hand to see why.',
    refused: false,
  })
  await gone()
})

t.test('when it is not wanted any more', async (t) => {
  const { command, gone, started } = lasting(t)
  const controller = new AbortController()
  const run = outcome(runCommand(command, LONG_MS, controller.signal))
  await started()
  controller.abort(new Error('enough'))
  await gone()
  t.match(run.error, { message: 'enough' })
})

t.test('when the keeper closes', async (t) => {
  const { command, gone, started } = lasting(t)
  const lab = keeperOf(() => bearerSource({ command }))
  await started()
  lab.keeper.close()
  await gone()
  t.equal(lab.clock.pendingTimers, 0)
})

t.test('when it prints without end', async (t) => {
  const { command, gone, started } = lasting(t, 'while :; do echo canary; done')
  const failed = await failureOf(runCommand(command, LONG_MS, never), [command, 'canary'])
  t.match(failed, { code: 'token-malformed', message: /printed more than 64 KiB/ })
  await started()
  await gone()
})

t.test('when the shell has ended, and what it left behind still holds the output', async (t) => {
  const path = `${t.testdir({})}/pid`
  const run = failureOf(runCommand(`echo canary; sleep 600 & echo $! > '${path}'`, TIME_MS, never), [
    'canary',
  ])
  t.match(await run, { code: 'command-timeout' })
  await until(() => !isRunning(Number(readFileSync(path, 'utf8'))), 'it has ended')
})

t.test('not started at all for one who has left', async (t) => {
  const path = `${t.testdir({})}/started`
  const gone = AbortSignal.abort(new Error('gone'))
  await t.rejects(runCommand(`touch '${path}'`, LONG_MS, gone), { message: 'gone' })
  t.notOk(existsSync(path))
})

/** Zombies included. */
function isThere(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** An orphan's last rites are another's business: a container may have nobody for them. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  return isThere(pid) && !(existsSync(stat) && / Z /.test(readFileSync(stat, 'utf8')))
}
