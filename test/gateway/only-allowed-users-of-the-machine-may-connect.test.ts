// The real program, and callers that run as other users: only the administrator can start those.
import { spawn, spawnSync } from 'node:child_process'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { noIpv6 } from '../helpers/ipv6.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'
import { runWithWorkers } from '../helpers/workers.ts'

const ALLOWED = 12_001
const OTHER = 12_002
/** Without what the test runner has its children load. */
const AS_OTHER = ['-i', process.execPath, '-e']
const asUser = (uid: number) => ({ uid, gid: uid, cwd: '/' })
// An administrator's Node may stand where nobody else gets at it.
const canBeOther = () => spawnSync('/usr/bin/env', [...AS_OTHER, ''], asUser(ALLOWED)).status === 0
const skip =
  !(process.platform === 'linux' && process.geteuid?.() === 0 && canBeOther()) &&
  'needs Linux, an administrator, and a Node that every user may run'

/** Two requests over one connection, the second when the first has been answered; prints the statuses and the last body. */
const CALLER = `
const http = require('node:http')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
const url = process.argv[1]
const call = () => new Promise((resolve) => http.get(url, { agent }, (answer) => {
  let body = ''
  answer.on('data', (chunk) => { body += chunk }).on('end', () => resolve({ status: answer.statusCode, body, close: answer.headers.connection }))
}).on('error', (error) => resolve({ status: error.code })))
call().then(async (first) => {
  const second = await call()
  console.log(JSON.stringify({ first, second }))
  agent.destroy()
})
`

interface Told {
  first: { status: number; body: string; close: string }
  second: { status: number }
}

async function callAs(uid: number, url: string): Promise<Told> {
  const caller = spawn('/usr/bin/env', [...AS_OTHER, CALLER, url], {
    ...asUser(uid),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return JSON.parse(await text(caller.stdout)) as Told
}

async function behind(t: Test) {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const env = { ...programEnv(cluster.url, idp.tokenUrl), CAMUNDA_PROXY_ALLOWED_UIDS: String(ALLOWED) }
  return { cluster, env }
}

t.test('one process', { skip }, async (t) => {
  const { cluster, env } = await behind(t)
  const program = runProgram(t, ['start'], env)
  const { listening, admin } = await program.line('listening on')
  const call = `${listening}/v2/topology`
  const allowed = await callAs(ALLOWED, call)
  t.equal(allowed.first.status, 200)
  t.equal(allowed.second.status, 200, 'the verdict stays with the connection')
  const reached = cluster.begun()
  for (const uid of [OTHER, 0]) {
    const { first } = await callAs(uid, call)
    t.equal(first.status, 403, `user ${uid}`)
    t.equal(first.close, 'close')
    t.match(JSON.parse(first.body), {
      type: 'urn:camunda-auth-proxy:problem:user-not-allowed',
      detail: `The connection was made by a process of the user ${uid}.`,
      fault: 'caller',
    })
    t.match(
      await program.line(`process of the user ${uid}`),
      { level: 'warn', problem: 'user-not-allowed', path: '/v2/topology' },
      'and it is logged',
    )
  }
  t.equal(cluster.begun(), reached, 'the cluster saw none of it')
  t.equal((await callAs(ALLOWED, `${admin}/livez`)).first.status, 200, 'the admin listener, too')
  t.equal((await callAs(OTHER, `${admin}/livez`)).first.status, 403)
  t.equal((await callAs(OTHER, `${admin}/metrics`)).first.status, 403)
})

t.test('workers', { skip }, async (t) => {
  const { cluster, env } = await behind(t)
  const { url } = await runWithWorkers(t, 2, env)
  for (let i = 0; i < 4; i++) {
    t.equal((await callAs(ALLOWED, `${url}/v2/topology`)).first.status, 200)
    t.equal((await callAs(OTHER, `${url}/v2/topology`)).first.status, 403)
  }
  await until(() => cluster.begun() === 8, 'those of the allowed user have arrived')
})

t.test('an IPv6 listener, called by either family', { skip: skip || noIpv6 }, async (t) => {
  const { env } = await behind(t)
  const program = runProgram(t, ['start'], {
    ...env,
    CAMUNDA_PROXY_HOST: '::',
    CAMUNDA_PROXY_ALLOW_REMOTE: 'true',
  })
  const { listening } = await program.line('listening on')
  const { port } = new URL(String(listening))
  for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]']) {
    const url = `http://${host}:${port}/v2/topology`
    t.equal((await callAs(ALLOWED, url)).first.status, 200, host)
    t.equal((await callAs(OTHER, url)).first.status, 403, host)
  }
})
