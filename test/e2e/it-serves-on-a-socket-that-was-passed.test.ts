import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import t from 'tap'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { programEnv } from '../helpers/program.ts'

/** Makes a listener and becomes the program, as the service manager does. */
const ACTIVATE = `
import os, socket, sys
s = socket.socket()
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen(5)
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='gateway')
os.execvp(sys.argv[2], sys.argv[2:])
`

t.test('and ends when it is told to', { skip: process.platform === 'win32' }, async (t) => {
  const idp = await fakeIdp()
  t.teardown(() => idp.close())
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const port = await freePort()
  const child = spawn('python3', ['-c', ACTIVATE, String(port), process.execPath, 'dist/cli.js', 'start'], {
    env: {
      PATH: process.env.PATH,
      CAMUNDA_PROXY_STATE_FILE: 'off',
      ...programEnv(cluster.url, idp.tokenUrl),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })
  const url = `http://127.0.0.1:${port}`
  for await (const line of lines) if (line.includes(`listening on ${url}`)) break
  const answer = await fetch(`${url}/v2/topology`)
  t.equal(answer.status, 200)
  await answer.text()
  child.kill('SIGTERM')
  t.strictSame(await once(child, 'exit'), [0, null])
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
