import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import t from 'tap'
import { listen } from '../../src/gateway/listen.ts'
import { makeServer } from '../../src/gateway/server.ts'

/** Listens and never accepts, with a full backlog: a connection to it fails, though it lives. */
const BUSY = `
import socket, sys, time
s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(0)
kept = []
for _ in range(5):
    c = socket.socket(socket.AF_UNIX); c.setblocking(False)
    try: c.connect(sys.argv[1])
    except OSError: pass
    kept.append(c)
print("busy", flush=True); time.sleep(60)`

t.test('another process is refused the path, and the socket stays what it was', async (t) => {
  const folder = mkdtempSync(`${tmpdir()}/busy-`)
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const path = `${folder}/p.sock`
  const busy = spawn('python3', ['-c', BUSY, path])
  t.teardown(() => busy.kill('SIGKILL'))
  await once(busy.stdout, 'data')
  const before = statSync(path).ino
  const app = makeServer({ routable: (url) => url, drainMs: 100 })
  t.teardown(() => app.close())
  await t.rejects(listen(app, { socket: path }), /another process listens there/)
  t.equal(statSync(path).ino, before)
})
