/** What can happen to the process itself: callers are served again by the next, and nobody is asked more than once. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { json } from '../helpers/fake-idp.ts'
import { runProgram } from '../helpers/program.ts'
import { faultTable, type Lab, lasting, type Row } from './lab/lab.ts'

const REFUSED = '503 credential-refused'
const RESTARTS = lasting(5, 30)
/** The refusal is believed for 30 s: a slow machine restarts less often meanwhile. */
const RESTARTING_MS = 15_000
const BROKEN_OFF = ['broken off (ECONNRESET)?', 'broken off (UND_ERR_SOCKET)?', 'broken off (ECONNREFUSED)?']

const workersOf = ({ child }: ReturnType<Lab['program']>): number[] =>
  spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, stat]) => Number(parent) === child.pid && !stat?.startsWith('Z'))
    .map(([pid]) => Number(pid))

const areReplaced =
  (count: number) =>
  (lab: Lab): boolean =>
    lab.logged('replaced in').length >= count

const rows: Row[] = [
  {
    fault: `${RESTARTS} restarts beside it, with the secret that was refused`,
    cold: true,
    env: (_parts, t) => ({ CAMUNDA_PROXY_STATE_FILE: join(t.testdir({}), 'state.json') }),
    inject({ provider }) {
      provider.answerWith((_request, reply) => json(reply, 401, { error: 'invalid_client' }))
    },
    lastsS: 1,
    async end(lab, t) {
      const env = {
        CAMUNDA_REST_ADDRESS: lab.cluster.url,
        CAMUNDA_OAUTH_URL: lab.provider.tokenUrl,
        CAMUNDA_CLIENT_ID: 'test-client',
        CAMUNDA_CLIENT_SECRET: 'wrong',
        CAMUNDA_PROXY_PORT: '0',
        CAMUNDA_PROXY_ADMIN_PORT: '0',
        CAMUNDA_PROXY_STATE_FILE: join(t.testdirName, 'others.json'),
      }
      lab.provider.answerWith((_request, reply) => json(reply, 401, { error: 'invalid_client' }))
      const until = performance.now() + RESTARTING_MS
      for (let i = 0; i < RESTARTS && (i < 2 || performance.now() < until); i++) {
        const program = runProgram(t, ['start'], env)
        await program.line('no new token')
        program.child.kill('SIGKILL')
        await program.ended
      }
      lab.provider.mend()
    },
    callers: [REFUSED],
    tokenRequests: 2,
    heals: false,
  },
  {
    fault: 'kill -9 of one of two workers',
    args: ['--workers', '2'],
    inject(lab) {
      const [pid] = workersOf(lab.program())
      process.kill(pid ?? 0, 'SIGKILL')
    },
    healed: areReplaced(1),
    callers: ['200', ...BROKEN_OFF],
    tokenRequests: 3,
  },
  {
    fault: 'kill -9 of both workers at once',
    args: ['--workers', '2'],
    inject(lab) {
      for (const pid of workersOf(lab.program())) process.kill(pid, 'SIGKILL')
    },
    healed: areReplaced(2),
    callers: ['200', ...BROKEN_OFF],
    tokenRequests: 3,
  },
]

faultTable('process', rows, 3)
