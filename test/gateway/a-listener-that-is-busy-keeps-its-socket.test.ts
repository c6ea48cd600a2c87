import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import t from 'tap'
import { listen } from '../../src/gateway/listen.ts'
import { makeServer } from '../../src/gateway/server.ts'

const LISTEN =
  "require('net').createServer().listen({ path: process.argv[1], backlog: 1 }, () => console.log('ready'))"
const MAX_CONNECTIONS = 50

/** Connects until the backlog is full: from then on a connection fails, though the listener lives. */
async function fillBacklog(path: string): Promise<string | undefined> {
  for (let i = 0; i < MAX_CONNECTIONS; i++) {
    const socket = connect(path)
    t.teardown(() => socket.destroy())
    const [error] = await Promise.race([
      once(socket, 'connect'),
      once(socket, 'error').then(([e]) => [e]),
    ]).catch((e) => [e])
    if (error !== undefined) return (error as NodeJS.ErrnoException).code
  }
  return undefined
}

t.test('another process is refused the path, and the socket stays what it was', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/busy-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = `${folder}/p.sock`
  const busy = spawn(process.execPath, ['-e', LISTEN, path])
  t.teardown(() => busy.kill('SIGKILL'))
  await once(busy.stdout, 'data')
  busy.kill('SIGSTOP')
  t.equal(await fillBacklog(path), 'EAGAIN', 'it takes no more, and lives')
  const before = statSync(path).ino
  const app = makeServer({ routable: (request) => request.url ?? '', drainMs: 100 })
  t.teardown(() => app.close())
  await t.rejects(listen(app, { socket: path }), /another process listens there/)
  t.equal(statSync(path).ino, before)
})
