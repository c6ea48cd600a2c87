import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ListenError, listen } from '../../src/gateway/listen.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { setUp } from '../helpers/proxy.ts'

const server = (t: Test) => {
  const app = makeServer({ routable: (request) => request.url ?? '', drainMs: 100 })
  app.get('/', (_request, reply) => reply.send('here'))
  t.teardown(() => app.close())
  return app
}

t.test('callers reach the cluster through it, and it is gone with the proxy', async (t) => {
  const path = `${shortFolder(t)}/p.sock`
  const { proxy, cluster } = await setUp(t, { env: { CAMUNDA_PROXY_SOCKET: path } })
  t.equal(proxy.url, `unix:${path}`)
  t.equal((await get(path, '/v2/topology')).status, 200)
  t.equal(cluster.seen[0]?.headers.authorization, 'Bearer token-1')
  t.equal((await get(path, '/v2/topology', 'evil.example')).status, 421, 'by its own names only')
  await proxy.app.close()
  t.notOk(existsSync(path))
})

t.test('mode 0600 from the moment it appears, and other files keep theirs', async (t) => {
  const folder = shortFolder(t)
  const path = `${folder}/p.sock`
  const umask = process.umask(0o022)
  t.teardown(() => process.umask(umask))
  const app = server(t)
  const modes: number[] = []
  const { server: http } = app
  const listenAsNodeDoes = http.listen.bind(http)
  http.listen = (...args: unknown[]) => {
    Reflect.apply(listenAsNodeDoes, http, args)
    modes.push(statSync(path).mode & 0o777)
    return http
  }
  t.equal(await listen(app, { socket: path }), `unix:${path}`)
  t.strictSame(modes, [0o600], 'as soon as Node has created it')
  t.equal(statSync(path).mode & 0o777, 0o600, 'and later')
  t.equal(process.umask(), 0o022, 'the umask is what it was')
  await t.rejects(listen(server(t), { socket: `${folder}/${'ü'.repeat(20)}/p.sock` }))
  await t.rejects(listen(server(t), { socket: '/proc/p.sock' }))
  t.equal(process.umask(), 0o022, 'after a failure too')
})

t.test('a leftover is replaced', async (t) => {
  const path = `${shortFolder(t)}/p.sock`
  leaveSocketBehind(path)
  t.ok(statSync(path).isSocket(), 'there is one')
  t.equal(await listen(server(t), { socket: path }), `unix:${path}`)
  t.strictSame(await get(path, '/'), { status: 200, text: 'here' })
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('what is in use or something else is left alone', async (t) => {
  const folder = shortFolder(t)
  const path = `${folder}/p.sock`
  const other = createServer((socket) => socket.on('error', () => {}).resume())
  t.teardown(() => other.close())
  await new Promise<void>((resolve) => other.listen(path, resolve))
  const before = statSync(path).ino
  const file = `${folder}/file`
  writeFileSync(file, 'precious')
  symlinkSync(file, `${folder}/link`)
  const refused: [string, string][] = [
    [path, 'another process listens there.'],
    [file, 'a file that is no socket is in the way.'],
    [`${folder}/link`, 'a file that is no socket is in the way.'],
    [folder, 'a file that is no socket is in the way.'],
    [`${folder}/none/p.sock`, 'its folder does not exist.'],
    [`${folder}/${'x'.repeat(104)}`, 'a socket path may have 103 bytes at most.'],
    [`${folder}/${'ü'.repeat(52)}`, 'a socket path may have 103 bytes at most.'],
  ]
  for (const [socket, why] of refused) {
    const listening = listen(server(t), { socket })
    await t.rejects(listening, ListenError, socket)
    await t.rejects(listening, { message: `Cannot listen on ${socket}: ${why}` })
  }
  t.equal(statSync(path).ino, before)
  t.ok(statSync(file).isFile())
  t.ok(lstatSync(`${folder}/link`).isSymbolicLink())
})

t.test('a path that just fits', async (t) => {
  const folder = shortFolder(t)
  const path = `${folder}/${'x'.repeat(103 - folder.length - 1)}`
  t.equal(await listen(server(t), { socket: path }), `unix:${path}`)
  t.ok(statSync(path).isSocket(), 'it is not cut off')
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
  spawnSync(process.execPath, ['-e', script], { timeout: 60_000 })
}

function get(socketPath: string, path: string, host = 'localhost') {
  return new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const call = request({ socketPath, path, headers: { host }, agent: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += String(chunk)
      })
      answer.on('end', () => resolve({ status: answer.statusCode, text }))
    })
    call.on('error', reject).end()
  })
}
