import type { SpawnOptions } from 'node:child_process'
import t from 'tap'
import { bearerSource } from '../../src/credentials/bearer.ts'
import { failure, jwt, WALL } from '../helpers/source-lab.ts'

/** What the command says on both channels before it fails. */
const TALK = 'echo canary-out; echo canary-err >&2;'
const now = () => WALL
const expired = jwt({ exp: WALL / 1_000 - 60, sub: 'canary' })

t.test('each way of failing has its sentence, and all but one may pass by themselves', async (t) => {
  const folder = t.testdir({ 'canary-script': 'not executable' })
  for (const [command, code, what, refused] of [
    [`${TALK} exit 3`, 'command-failed', 'ended with exit code 3', false],
    [`${TALK} false`, 'command-failed', 'ended with exit code 1', false],
    [`${TALK} kill -9 $$`, 'command-failed', 'was ended by SIGKILL', false],
    [`${TALK} 'unfinished`, 'command-failed', 'ended with exit code 2', false],
    [
      'canary-command --token',
      'command-not-found',
      'names a program that was not found (exit code 127)',
      true,
    ],
    [
      `'${folder}/canary-script'`,
      'command-not-found',
      'names a program that may not be executed (exit code 126)',
      true,
    ],
    ['canary\u0000', 'command-failed', 'could not be started (ERR_INVALID_ARG_VALUE)', false],
    ['true', 'token-malformed', 'printed a token that is empty', false],
    ['yes | head -c 65537', 'token-malformed', 'printed more than 64 KiB', false],
    ['yes | head -c 65536', 'token-malformed', 'printed a token that has more than one line', false],
    ['echo Bearer canary', 'token-malformed', /^printed a token that begins with the word Bearer/, false],
    ['echo canary; echo canary', 'token-malformed', 'printed a token that has more than one line', false],
    [`echo '{"id":"canary"}'`, 'token-malformed', 'printed JSON that holds no token', false],
    [`echo '{"token":"canary one"}'`, 'token-malformed', 'printed a token that holds a blank', false],
    [`echo '${expired}'`, 'token-expired', 'printed a token that expired at 2029-12-31T23:59:00.000Z', false],
    [
      `echo '{"token":"canary","expires_in":0}'`,
      'token-expired',
      'printed a token that expired at 2030-01-01T00:00:00.000Z',
      false,
    ],
    [
      `echo '{"token":"canary","expires_in":-1e300}'`,
      'token-expired',
      'printed a token that expired at 1970-01-01T00:00:00.000Z',
      false,
    ],
  ] as const) {
    const failed = await failure(bearerSource({ command }, { now }), ['canary', expired])
    t.strictSame({ code: failed.code, refused: failed.refused }, { code, refused }, command)
    const said = /^The token command (.+); run it by hand to see why\.$/.exec(failed.message)?.[1] ?? ''
    t.match(said, what, failed.message)
  }
})

t.test('that there is no shell is told as well', async (t) => {
  const real = await import('node:child_process')
  const spawn = (command: string, options: SpawnOptions) =>
    real.spawn('/nowhere/sh', ['-c', command], { ...options, shell: false })
  const { runCommand } = await t.mockImport<typeof import('../../src/credentials/run-command.ts')>(
    '../../build/src/credentials/run-command.js',
    { 'node:child_process': { ...real, spawn } },
  )
  await t.rejects(runCommand('canary', 1_000, new AbortController().signal), {
    name: 'AcquireError',
    message: 'The token command could not be started (ENOENT); run it by hand to see why.',
    failure: { code: 'command-failed', refused: false },
  })
})
