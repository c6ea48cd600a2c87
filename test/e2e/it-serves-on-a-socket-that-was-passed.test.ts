import { spawn, spawnSync } from 'node:child_process'
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

t.test(
  'after a reload, too, and ends when it is told to, with what is in flight answered',
  { skip: spawnSync('python3', ['--version']).status !== 0 && 'python3 is not here, to pass a socket' },
  async (t) => {
    const idp = await fakeIdp()
    t.teardown(() => idp.close())
    let answer = () => {}
    let slow = () => {}
    const arrived = new Promise<void>((resolve) => {
      slow = resolve
    })
    const cluster = await fakeCluster((request, response) => {
      answer = () => response.end('{}')
      if (request.url?.endsWith('/slow')) slow()
      else answer()
    })
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
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const url = `http://127.0.0.1:${port}`
    const said = async (words: string) => {
      for (;;) {
        const { done, value } = await lines.next()
        if (done) throw new Error(`it ended, and did not say: ${words}`)
        if (value.includes(words)) return
      }
    }
    await said(`listening on ${url}`)
    const called = async () =>
      (await fetch(`${url}/v2/topology`, { headers: { connection: 'close' } })).status
    t.equal(await called(), 200)
    child.kill('SIGHUP')
    await said('settings reloaded: no setting has changed')
    t.equal(await called(), 200)
    const inFlight = fetch(`${url}/v2/slow`)
    await arrived
    child.kill('SIGTERM')
    await said('closing: requests in flight may finish')
    answer()
    t.equal((await inFlight).status, 200)
    t.strictSame(await once(child, 'exit'), [0, null])
  },
)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
