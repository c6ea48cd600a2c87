import { once } from 'node:events'
import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { makeServer } from '../../src/gateway/server.ts'
import { openSocket } from '../helpers/raw-http.ts'

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** A server and one connection to it, from both sides. */
async function connection(t: Test) {
  const app = makeServer({ routable: () => '/', drainMs: 100 })
  app.get('/', (_request, reply) => reply.send('here'))
  t.teardown(() => app.close())
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  const connected = once(app.server, 'connection') as Promise<[Socket]>
  const caller = await openSocket(Number(new URL(url).port))
  t.teardown(() => caller.destroy())
  const [socket] = await connected
  const answer = async () => String((await once(caller, 'data'))[0])
  return { server: app.server, socket, caller, answer }
}

const tooLate = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })

t.test('on a connection whose time was up', async (t) => {
  const { server, socket, caller, answer } = await connection(t)
  caller.write(GET)
  t.match(await answer(), /^HTTP\/1.1 200 /)
  // As Node tells of one that was idle for too long: it looks at its timers first, and what came is read then.
  server.emit('timeout', socket)
  caller.write(GET)
  t.match(await answer(), /^HTTP\/1.1 200 /)
  await new Promise((resolve) => setTimeout(resolve, 200))
  caller.write(GET)
  t.match(await answer(), /^HTTP\/1.1 200 /, 'which is kept')
  server.emit('timeout', socket)
  await once(caller, 'close')
})

t.test('though its head seemed to take too long', async (t) => {
  const { server, socket, caller, answer } = await connection(t)
  server.emit('clientError', tooLate, socket)
  caller.write(GET)
  t.match(await answer(), /^HTTP\/1.1 200 /)
  server.emit('clientError', tooLate, socket)
  caller.write('GET / HTT')
  t.match(await answer(), /^HTTP\/1.1 408 /, 'and refused if it does')
  await once(caller, 'close')
})
