import { spawnSync } from 'node:child_process'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { programEnv, runProgram } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'
import { callOnce } from '../helpers/workers.ts'

const FILES = 64
/** What it leaves. */
const ROOM = 16
const TURNED_AWAY = 100

const skip = spawnSync('prlimit', ['--version']).status !== 0 && 'there is no prlimit'

t.test('those that are served go on, and those that leave make room', { skip }, async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const held: (() => void)[] = []
  const cluster = await fakeCluster(({ url }, response) => {
    if (url.includes('hold')) held.push(() => response.end('in the end'))
    else response.end('at once')
  })
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['start'], programEnv(cluster.url, idp.tokenUrl), [
    'prlimit',
    `--nofile=${FILES}:${FILES}`,
  ])
  const { listening } = await program.line('listening on')
  t.match(program.stdout(), `the limit of ${FILES} open files leaves room for ${ROOM} connections`)
  const url = `${listening}/v2`
  const calls = Array.from({ length: ROOM }, () => callOnce(`${url}/hold`))
  await until(() => held.length === ROOM, 'as many as there is room for are served')
  for (let i = 0; i < TURNED_AWAY; i++)
    t.equal(await callOnce(`${url}/more`).catch(() => 'turned away'), 'turned away')
  for (const answer of held) answer()
  for (const { status } of await Promise.all(calls)) t.equal(status, 200)
  t.equal((await callOnce(`${url}/after`)).status, 200)
  t.match(await program.line('closed unheard'), { level: 'warn' })
  // Counted for ten seconds at a time.
  const told = () => program.stdout().matchAll(/"dropped":(\d+)/g)
  const dropped = () => [...told()].reduce((all, [, count]) => all + Number(count), 0)
  await until(() => dropped() >= TURNED_AWAY, 'each is counted')
  t.equal(dropped(), TURNED_AWAY)
  t.equal(idp.requests.length, 1)
})

t.test('who is idle makes room for who calls', { skip }, async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster((_request, response) => response.end('here'))
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['start'], programEnv(cluster.url, idp.tokenUrl), [
    'prlimit',
    `--nofile=${FILES}:${FILES}`,
  ])
  const url = String((await program.line('listening on')).listening)
  const idle: Socket[] = []
  t.teardown(() => {
    for (const socket of idle) socket.destroy()
  })
  let answers = 0
  for (let i = 0; i < ROOM; i++) {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      answers += String(chunk).split('HTTP/1.1 200').length - 1
    })
    socket.write('GET /v2/x HTTP/1.1\r\nHost: localhost\r\n\r\n')
    idle.push(socket)
  }
  await until(() => answers === ROOM, 'each has had an answer')
  await callOnce(`${url}/v2/x`).catch(() => 'turned away')
  t.equal((await callOnce(`${url}/v2/x`)).status, 200)
})

t.test('workers that are full do not hand callers round among them', { skip }, async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const held: unknown[] = []
  const cluster = await fakeCluster((_request, response) => held.push(response))
  t.teardown(() => cluster.close())
  const program = runProgram(t, ['start', '--workers', '2'], programEnv(cluster.url, idp.tokenUrl), [
    'prlimit',
    `--nofile=${FILES}:${FILES}`,
  ])
  const url = `${(await program.line('listening on')).listening}/v2/hold`
  const calls = 4 * ROOM
  let turnedAway = 0
  for (let i = 0; i < calls; i++) callOnce(url).catch(() => turnedAway++)
  await until(() => held.length + turnedAway === calls, 'each is served or turned away')
  t.ok(held.length > ROOM, `${held.length} of both workers`)
})
