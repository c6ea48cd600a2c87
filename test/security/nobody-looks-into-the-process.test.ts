// The built program, from outside: by signals, by what the system shows of a process, and by Node's own reports.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import t, { type Test } from 'tap'
import { diagnosticsWarnings } from '../../src/commands/diagnostics.ts'
import { clean } from '../helpers/canaries.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp, tokens } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { CLIENT_SECRET } from '../helpers/proxy.ts'
import { until } from '../helpers/until.ts'
import { callOnce, runWithWorkers } from '../helpers/workers.ts'

const TOKEN = 'canary-token-of-the-process'
const CALLER_TOKEN = 'canary-caller-token-of-the-process'
const INSPECTOR_PORT = 9_229
const noProc = process.platform !== 'linux' && 'needs Linux'

async function environment(t: Test): Promise<Record<string, string>> {
  const idp = await fakeIdp(tokens(300, TOKEN))
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  return programEnv(cluster.url, idp.tokenUrl)
}

/** The ports on which a process listens, as the kernel tells. */
function portsOf(pid: number): number[] {
  const inodes = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? []
    } catch {
      return []
    }
  })
  // Without IPv6 there is only one.
  const tables = ['/proc/net/tcp', '/proc/net/tcp6'].filter((path) => existsSync(path))
  const rows = tables.flatMap((path) => readFileSync(path, 'utf8').split('\n'))
  return rows.flatMap((row) => {
    const [, local = '', , state, , , , , , inode = ''] = row.trim().split(/\s+/)
    return state === '0A' && inodes.includes(inode) ? [Number.parseInt(local.split(':')[1] ?? '', 16)] : []
  })
}

/** Sends the signal, and waits until it has been taken: it is no longer pending. */
async function signalled(pid: number): Promise<void> {
  process.kill(pid, 'SIGUSR1')
  const pending = () =>
    /^(SigPnd|ShdPnd):\t0*[1-9a-f]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8').toLowerCase())
  await until(() => !pending(), 'the signal has arrived')
}

t.test('SIGUSR1 opens no inspector', { skip: noProc }, async (t) => {
  const { url, program, pids } = await runWithWorkers(t, 2, await environment(t))
  const all = [program.child.pid ?? 0, ...pids()]
  t.equal(all.length, 3)
  const before = all.map(portsOf)
  for (const pid of all) {
    await signalled(pid)
    await signalled(pid)
  }
  // What a signal leads to has been done when a request that came later has been answered.
  for (let i = 0; i < 4; i++) t.equal((await callOnce(`${url}/v2/topology`)).status, 200, 'all are alive')
  t.strictSame(all.map(portsOf), before)
  t.notOk(all.some((pid) => portsOf(pid).includes(INSPECTOR_PORT)))
  t.notMatch(program.stderr(), 'Debugger')
  t.strictSame(pids(), all.slice(1), 'and none was replaced')
})

t.test('what the system shows of the processes', { skip: noProc }, async (t) => {
  const env = { ...(await environment(t)), CAMUNDA_PROXY_CALLER_TOKEN: CALLER_TOKEN }
  const { program, pids } = await runWithWorkers(t, 2, env)
  await program.line('token acquired')
  const all = [program.child.pid ?? 0, ...pids()]
  for (const pid of all) {
    const shown = ['cmdline', 'comm', 'status', 'maps'].map((file) =>
      readFileSync(`/proc/${pid}/${file}`, 'utf8'),
    )
    clean(t, shown.join('\n'), [TOKEN, CLIENT_SECRET, CALLER_TOKEN])
    // Of the same user only, and there from the start: what was got since is not among it.
    clean(t, readFileSync(`/proc/${pid}/environ`, 'utf8'), [TOKEN])
  }
})

t.test('options of Node that give it away are warned of', async (t) => {
  const names = (execArgv: string[], options?: string, hides = true) =>
    diagnosticsWarnings(execArgv, options, hides).map(
      (warning) => /^Node runs with (\S+):/.exec(warning)?.[1],
    )
  t.strictSame(names([]), [])
  t.strictSame(names(['--enable-source-maps', '--no-warnings'], '--max-old-space-size=100'), [])
  t.strictSame(names(['--inspect=0.0.0.0:9229']), ['--inspect'])
  t.strictSame(names(['--inspect-brk']), ['--inspect-brk'])
  t.strictSame(names([], '--no-warnings  --inspect_port=1'), ['--inspect-port'])
  t.strictSame(names([], '"--heapsnapshot-signal=SIGUSR2"'), ['--heapsnapshot-signal'])
  t.strictSame(names(['--tls-keylog=/tmp/keys']), ['--tls-keylog'])
  t.strictSame(names(['--report-on-fatalerror'], '--inspect', false), ['--inspect', '--report-on-fatalerror'])
  t.strictSame(names(['--report-on-fatalerror']), [], 'where the environment is left out of them')
  const program = runProgram(t, ['start'], {
    ...(await environment(t)),
    NODE_OPTIONS: '--heapsnapshot-signal=SIGUSR2',
  })
  t.match(await program.line('Node runs with --heapsnapshot-signal'), { level: 'warn' })
})

t.test('a diagnostic report', async (t) => {
  const folder = t.testdir({})
  const program = runProgram(t, ['start'], {
    ...(await environment(t)),
    CAMUNDA_PROXY_CALLER_TOKEN: CALLER_TOKEN,
    NODE_OPTIONS: `--report-on-signal --report-directory=${folder} --report-filename=report.json`,
  })
  await program.line('token acquired')
  program.child.kill('SIGUSR2')
  const path = `${folder}/report.json`
  await until(() => existsSync(path) && readFileSync(path, 'utf8').trimEnd().endsWith('}'), 'it is written')
  const report = readFileSync(path, 'utf8')
  clean(t, report, [TOKEN])
  if ('excludeEnv' in process.report) clean(t, report, [CLIENT_SECRET, CALLER_TOKEN])
  else t.match(program.stdout(), 'Node runs with --report-on-signal: a diagnostic report', 'it is warned of')
})
