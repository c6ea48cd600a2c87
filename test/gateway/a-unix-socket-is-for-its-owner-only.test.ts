import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ListenError, listen } from '../../src/gateway/listen.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { rawServer } from '../helpers/fake-cluster.ts'
import { setUp } from '../helpers/proxy.ts'

const server = (t: Test) => {
  const app = makeServer({ routable: (url) => url, drainMs: 100 })
  t.teardown(() => app.close())
  return app
}

t.test('mode 0600, and requests pass through it', async (t) => {
  const path = `${shortFolder(t)}/p.sock`
  const { proxy, cluster } = await setUp(t, { env: { CAMUNDA_PROXY_SOCKET: path } })
  t.equal(proxy.url, `unix:${path}`)
  t.equal(statSync(path).mode & 0o777, 0o600)
  const status = await new Promise((resolve, reject) => {
    const call = request(
      { socketPath: path, path: '/v2/topology', headers: { host: 'localhost' } },
      (answer) => resolve(answer.resume().statusCode),
    )
    call.on('error', reject).end()
  })
  t.equal(status, 200)
  t.equal(cluster.seen[0]?.headers.authorization, 'Bearer token-1')
  await proxy.app.close()
  t.throws(() => statSync(path), { code: 'ENOENT' })
})

t.test('a leftover is replaced; a socket in use, another file and a missing folder are not', async (t) => {
  const folder = shortFolder(t)
  writeFileSync(`${folder}/file`, 'x')
  const path = `${folder}/p.sock`
  const former = createServer()
  await new Promise<void>((resolve) => former.listen(path, resolve))
  await t.rejects(listen(server(t), { socket: path }), /another process listens there/)
  await new Promise((resolve) => former.close(resolve))
  leaveSocketBehind(path)
  t.equal(await listen(server(t), { socket: path }), `unix:${path}`)
  await t.rejects(listen(server(t), { socket: `${folder}/file` }), /a file that is no socket is in the way/)
  await t.rejects(listen(server(t), { socket: `${folder}/none/p.sock` }), /its folder does not exist/)
  await t.rejects(listen(server(t), { socket: `${folder}/${'x'.repeat(100)}` }), /103 bytes at most/)
})

t.test('addresses that cannot be had', async (t) => {
  const taken = await rawServer(() => {})
  t.teardown(() => taken.close())
  const listening = listen(server(t), { host: '127.0.0.1', port: taken.port })
  await t.rejects(listening, ListenError)
  await t.rejects(
    listening,
    new RegExp(
      `^Error: Cannot listen on 127\\.0\\.0\\.1:${taken.port}: another process|another process listens there`,
    ),
  )
  await t.rejects(listen(server(t), { host: '192.0.2.1', port: 0 }), /this machine has no such address/)
  await t.rejects(
    listen(server(t), { host: 'no-such-host.invalid', port: 0 }),
    /the name cannot be resolved|EAI_AGAIN/,
  )
})

t.test('IPv6 and localhost', async (t) => {
  t.match(await listen(server(t), { host: '::1', port: 0 }), /^http:\/\/\[::1\]:\d+$/)
  t.match(await listen(server(t), { host: 'localhost', port: 0 }), /^http:\/\/localhost:\d+$/)
})

/** A path of a socket must not be long. */
function shortFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'socket-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** What a process that is killed leaves: a socket file that nobody listens on. */
function leaveSocketBehind(path: string): void {
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script], { timeout: 10_000 })
}
