import { once } from 'node:events'
import { createServer } from 'node:net'
import t, { type Test } from 'tap'
import { ListenError, listen } from '../../src/gateway/listen.ts'
import { neighbourOf } from '../../src/gateway/neighbour.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { fakeCluster } from '../helpers/fake-cluster.ts'
import { fakeIdp } from '../helpers/fake-idp.ts'
import { noIpv6 } from '../helpers/ipv6.ts'
import { programEnv, runProgram } from '../helpers/program.ts'

const FAMILIES = ['127.0.0.1', '::1']

/** Another program, and its port. */
async function other(t: Test, host: string): Promise<number> {
  const server = createServer().listen(0, host)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

t.test('whoever listens on one loopback address looks at the other', { skip: noIpv6 }, async (t) => {
  const [four, six] = await Promise.all(FAMILIES.map((host) => other(t, host)))
  t.equal(await neighbourOf('127.0.0.1', six ?? 0), `http://[::1]:${six}`)
  t.equal(await neighbourOf('0.0.0.0', six ?? 0), `http://[::1]:${six}`)
  t.equal(await neighbourOf('::1', four ?? 0), `http://127.0.0.1:${four}`)
  t.equal(await neighbourOf('127.0.0.1', four ?? 0), undefined, 'itself is no other')
  t.equal(await neighbourOf('::', six ?? 0), undefined, 'that is both')
  t.equal(await neighbourOf('192.0.2.1', six ?? 0), undefined, 'nobody takes that for localhost')
})

t.test(
  'as localhost it does not start: callers could not be told apart from those of the other',
  { skip: noIpv6 },
  async (t) => {
    const app = makeServer({ routable: (request) => request.url ?? '', drainMs: 100 })
    t.teardown(() => app.close())
    const own = makeServer({ routable: () => '/', drainMs: 100 })
    const { port } = new URL(await listen(own, { host: 'localhost', port: 0 }))
    const bound = own.server.address()
    await own.close()
    const isFour = typeof bound === 'object' && bound?.family === 'IPv4'
    const taken = createServer().listen(Number(port), isFour ? '::1' : '127.0.0.1')
    await once(taken, 'listening')
    t.teardown(() => taken.close())
    const listening = listen(app, { host: 'localhost', port: Number(port) })
    await t.rejects(listening, ListenError)
    await t.rejects(listening, {
      message: /another program listens on http:\/\/.*callers may reach it by that name/,
    })
  },
)

t.test('at the usual address it starts, and warns', { skip: noIpv6 }, async (t) => {
  const [idp, cluster] = [await fakeIdp(), await fakeCluster()]
  t.teardown(() => idp.close())
  t.teardown(() => cluster.close())
  const port = String(await other(t, '::1'))
  const env = { ...programEnv(cluster.url, idp.tokenUrl), CAMUNDA_PROXY_PORT: port }
  for (const workers of ['1', '2']) {
    const program = runProgram(t, ['start', '--workers', workers], env)
    const line = await program.line('another program listens on')
    t.match(line, { level: 'warn', neighbour: `http://[::1]:${port}` })
    program.child.kill('SIGTERM')
    t.equal(await program.ended, 0)
  }
})
