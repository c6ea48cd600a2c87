import { request } from 'node:http'
import t, { type Test } from 'tap'
import { ListenError, type ListenTarget, listen } from '../../src/gateway/listen.ts'
import { makeServer } from '../../src/gateway/server.ts'
import { rawServer } from '../helpers/fake-cluster.ts'

const server = (t: Test) => {
  const app = makeServer({ routable: (request) => request.url ?? '', drainMs: 100 })
  app.get('/', (_request, reply) => reply.send('here'))
  t.teardown(() => app.close())
  return app
}

t.test('why, and what to do about it', async (t) => {
  const taken = await rawServer(() => {})
  t.teardown(() => taken.close())
  const targets: [ListenTarget, string][] = [
    [
      { host: '127.0.0.1', port: taken.port },
      `Cannot listen on 127.0.0.1:${taken.port}: another process listens there; stop it or choose another port.`,
    ],
    [{ host: '192.0.2.1', port: 0 }, 'Cannot listen on 192.0.2.1:0: this machine has no such address.'],
  ]
  for (const [target, message] of targets) {
    const listening = listen(server(t), target)
    await t.rejects(listening, ListenError)
    await t.rejects(listening, { message })
  }
})

t.test('a name that does not resolve', async (t) => {
  const listening = listen(server(t), { host: 'no-such-host.invalid', port: 0 })
  await t.rejects(listening, ListenError)
  await t.rejects(listening, {
    message: /^Cannot listen on no-such-host\.invalid:0: (the name cannot be resolved|EAI_AGAIN)\.$/,
  })
})

t.test('one that can be had is told as callers use it', async (t) => {
  const shapes: [string, RegExp][] = [
    ['127.0.0.1', /^http:\/\/127\.0\.0\.1:\d+$/],
    ['0.0.0.0', /^http:\/\/0\.0\.0\.0:\d+$/],
    ['::1', /^http:\/\/\[::1\]:\d+$/],
    ['localhost', /^http:\/\/localhost:\d+$/],
  ]
  for (const [host, shape] of shapes) {
    const url = await listen(server(t), { host, port: 0 })
    t.match(url, shape)
    const { hostname, port } = new URL(url)
    const status = await new Promise((resolve, reject) => {
      const call = request(
        { host: hostname.replace(/[[\]]/g, ''), port, agent: false, headers: { host: 'localhost' } },
        (answer) => resolve(answer.resume().statusCode),
      )
      call.on('error', reject).end()
    })
    t.equal(status, 200, host)
  }
})
