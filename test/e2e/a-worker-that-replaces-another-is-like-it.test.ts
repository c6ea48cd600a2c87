import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { programEnv } from '../helpers/program.ts'
import { until } from '../helpers/until.ts'
import { callOnce, runWithWorkers } from '../helpers/workers.ts'

t.test('the same socket, for its owner only, and the settings in force', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/workers-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [socket, file] = [`${folder}/p.sock`, `${folder}/proxy.yaml`]
  writeFileSync(file, 'readOnly: false\n')
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const env = { ...programEnv(cluster.url, idp.tokenUrl), CAMUNDA_PROXY_SOCKET: socket }
  const { url, program, pids } = await runWithWorkers(t, 2, env, ['--config', file])
  const mode = () => statSync(socket).mode & 0o777
  const write = () => callOnce(`${url}/v2/x`, { method: 'POST' })
  t.equal(url, `unix:${socket}`)
  t.equal(mode(), 0o600)
  t.equal((await write()).status, 200)

  // Refused, whenever it is read: those that were taken before hold.
  writeFileSync(file, 'readOnly: perhaps\n')
  for (const pid of pids()) process.kill(pid, 'SIGKILL')
  await until(() => program.stdout().split('replaced in').length === 3, 'both are replaced')
  t.equal(mode(), 0o600)
  for (let i = 0; i < 4; i++) t.equal((await write()).status, 200)
})
