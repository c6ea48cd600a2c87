import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fetch } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { certificateAuthority } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { tlsServer } from '../helpers/tls-server.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const authority = certificateAuthority()
const INTERVAL_MS = 10_000

function lab(t: Test) {
  const file = join(t.testdir(), 'ca.pem')
  writeFileSync(file, authority.cert)
  const secret = Secret.ofFile(file)
  const read = secret.read.bind(secret)
  let reads = 0
  secret.read = () => read().finally(() => reads++)
  const clock = new VirtualClock()
  const told = notes()
  const dispatcher = clusterDispatcher(connection({ ca: secret }), told, { clock, intervalMs: INTERVAL_MS })
  t.teardown(() => dispatcher.destroy())
  return { file, secret, clock, told, dispatcher, reads: () => reads }
}

t.test('one that nobody uses costs nothing', async (t) => {
  const { clock, dispatcher, reads } = lab(t)
  t.equal(clock.pendingTimers, 0)
  await clock.advance(10 * INTERVAL_MS)
  await dispatcher.destroy()
  t.equal(reads(), 0)
})

t.test('callers who come together wait for one look', async (t) => {
  const { dispatcher, reads } = lab(t)
  const { origin } = await tlsServer(t, authority.server())
  const answers = await Promise.all(Array.from({ length: 20 }, () => fetch(origin, { dispatcher })))
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(reads(), 1)
})

t.test('after a pause the first request has the renewed file', async (t) => {
  const { clock, dispatcher, reads, file, told } = lab(t)
  const { origin, server } = await tlsServer(t, authority.server())
  t.equal((await fetch(origin, { dispatcher })).status, 200)
  await clock.advance(INTERVAL_MS)
  await until(() => reads() === 2, 'there was one more look')
  await clock.settle()
  await until(() => clock.pendingTimers === 1, 'and the next is planned')
  await clock.advance(10 * INTERVAL_MS)
  t.equal(reads(), 2, 'and none after it')
  t.equal(clock.pendingTimers, 0)
  const renewed = certificateAuthority('renewed')
  writeFileSync(file, renewed.cert)
  server.setSecureContext(renewed.server())
  server.closeAllConnections()
  t.equal((await fetch(origin, { dispatcher })).status, 200)
  t.equal(reads(), 3)
  t.equal(told.renewed.length, 1)
})

t.test('a file system that hangs holds nobody up for long', async (t) => {
  const { clock, dispatcher, secret } = lab(t)
  secret.read = () => new Promise(() => {})
  const answer = t.rejects(fetch('https://localhost:50000', { dispatcher }), {
    cause: { code: 'tls-unusable', message: /cannot be read in time/ },
  })
  await clock.advance(6_000)
  await answer
})

for (const end of ['close', 'destroy'] as const) {
  t.test(`${end} ends the looking, and late requests`, async (t) => {
    const { clock, dispatcher } = lab(t)
    const server = await tlsServer(t, authority.server())
    t.equal(await fetch(server.origin, { dispatcher }).then((answer) => answer.text()), 'ok')
    t.equal(clock.pendingTimers, 1)
    await dispatcher[end]()
    t.equal(clock.pendingTimers, 0)
    await t.rejects(fetch(server.origin, { dispatcher }), { cause: { code: 'UND_ERR_DESTROYED' } })
  })

  t.test(`${end} during the first look leaves no connection behind`, async (t) => {
    const { clock, dispatcher } = lab(t)
    const server = await tlsServer(t, authority.server())
    const answer = t.rejects(fetch(server.origin, { dispatcher }), {
      cause: { code: /UND_ERR_(CLOSED|DESTROYED)/ },
    })
    await dispatcher[end]()
    await answer
    t.strictSame([server.connections(), clock.pendingTimers], [0, 0])
  })
}

t.test('both ends may be told by a callback', async (t) => {
  for (const end of ['close', 'destroy'] as const) {
    const { dispatcher } = lab(t)
    await new Promise<void>((resolve) => dispatcher[end](resolve))
    t.pass(end)
  }
})
