// kill -9 of the process that owns the credentials: its workers end by themselves, and the next start finds its place free.
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../helpers/until.ts'
import { callOnce, isAlive, runWithWorkers, setUpWorkers } from '../helpers/workers.ts'

t.test('workers end, and the port is free', async (t) => {
  const { program, pids, url, cluster, idp } = await setUpWorkers(t, 2)
  t.equal((await callOnce(`${url}/v2/x`)).status, 200)
  const workers = pids()
  t.equal(workers.length, 2)
  program.child.kill('SIGKILL')
  await until(() => !workers.some(isAlive), 'the workers have ended')
  const { port } = new URL(url)
  const probe = createServer()
  t.teardown(() => probe.close())
  await new Promise<void>((resolve, reject) => {
    probe.once('error', reject).listen(Number(port), '127.0.0.1', resolve)
  })
  t.equal(cluster.open(), 0)
  t.equal(idp.requests.length, 1)
})

for (const workers of [1, 2]) {
  t.test(`the socket of ${workers} is taken over by the next start`, async (t) => {
    // A path of a socket may not be long.
    const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const socket = join(folder, 'proxy.sock')
    const { program, pids, cluster, idp } = await setUpWorkers(t, workers, {
      env: { CAMUNDA_PROXY_SOCKET: socket },
    })
    const all = pids()
    t.equal((await callOnce(`unix:${socket}/v2/x`)).status, 200)
    program.child.kill('SIGKILL')
    await program.ended
    await until(() => !all.some(isAlive), 'the workers have ended')
    t.ok(existsSync(socket), 'it is left over')
    const again = await runWithWorkers(t, workers, {
      CAMUNDA_REST_ADDRESS: cluster.url,
      CAMUNDA_OAUTH_URL: idp.tokenUrl,
      CAMUNDA_CLIENT_ID: 'id',
      CAMUNDA_CLIENT_SECRET: 'secret',
      CAMUNDA_PROXY_ADMIN_PORT: '0',
      CAMUNDA_PROXY_STATE_FILE: 'off',
      CAMUNDA_PROXY_SOCKET: socket,
    })
    t.equal((await callOnce(`${again.url}/v2/x`)).status, 200)
  })
}
