import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { type Dispatcher, fetch } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { certificateAuthority } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { tlsServer } from '../helpers/tls-server.ts'
import { until } from '../helpers/until.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const INTERVAL_MS = 10_000
const [oldAuthority, newAuthority] = [certificateAuthority('old'), certificateAuthority('new')]
const clients = certificateAuthority('of clients')
const [first, second] = [clients.client('first'), clients.client('second')]

/** Certificates in files, and what uses them. */
function lab(t: Test) {
  const folder = t.testdir()
  const path = (file: string) => join(folder, file)
  const write = (files: Record<string, string>) => {
    for (const [file, text] of Object.entries(files)) writeFileSync(path(file), text)
  }
  write({ ca: oldAuthority.cert, cert: first.cert, key: first.key })
  let reads = 0
  const secret = (file: string) => {
    const made = Secret.ofFile(path(file))
    const read = made.read.bind(made)
    made.read = () => read().finally(() => reads++)
    return made
  }
  const settings = connection({ ca: secret('ca'), certificate: secret('cert'), key: secret('key') })
  const clock = new VirtualClock()
  const told = notes()
  const dispatcher = clusterDispatcher(settings, told, { clock, intervalMs: INTERVAL_MS })
  t.teardown(() => dispatcher.destroy())
  /** Lets the clock reach the next look at the files, and the look come to its end. */
  const look = async () => {
    const before = reads
    await clock.advance(INTERVAL_MS)
    await until(() => reads === before + 3, 'the files have been read')
    await clock.settle()
    await until(() => clock.pendingTimers === 1, 'the next look is planned')
  }
  return { write, look, told, dispatcher }
}

const mutual = (t: Test, answer?: Parameters<typeof tlsServer>[2]) =>
  tlsServer(
    t,
    { ...oldAuthority.server(), ca: clients.cert, requestCert: true, rejectUnauthorized: true },
    answer,
  )

const get = async (origin: string, dispatcher: Dispatcher) => (await fetch(origin, { dispatcher })).text()

t.test('a client certificate, under traffic: not one request fails', async (t) => {
  const { write, look, told, dispatcher } = lab(t)
  const server = await mutual(t)
  const answers: Promise<string>[] = []
  const traffic = setInterval(() => answers.push(get(server.origin, dispatcher)), 3)
  t.teardown(() => clearInterval(traffic))
  await until(() => server.clients.length > 10, 'there is traffic')
  write({ cert: second.cert, key: second.key })
  await look()
  await until(() => server.clients.at(-1) === 'second', 'the new one is used')
  clearInterval(traffic)
  t.ok((await Promise.all(answers)).every((answer) => answer === 'ok'))
  t.strictSame([...new Set(server.clients)], ['first', 'second'])
  t.strictSame(told.renewed, ['New connections to the cluster use the certificates that have changed.'])
  t.strictSame(told.failed, [])
})

t.test('an answer that is on its way ends on its old connection', async (t) => {
  const { write, look, told, dispatcher } = lab(t)
  let end = () => {}
  const server = await mutual(t, (request, response) => {
    if (request.url !== '/slow') return response.end('ok')
    response.write('begun, ')
    end = () => response.end((request.socket as TLSSocket).getPeerCertificate().subject.CN)
    return undefined
  })
  const slow = await fetch(`${server.origin}/slow`, { dispatcher })
  write({ cert: second.cert, key: second.key })
  await look()
  t.equal(told.renewed.length, 1)
  t.equal(await get(server.origin, dispatcher), 'ok')
  t.strictSame(server.clients, ['first', 'second'])
  end()
  t.equal(await slow.text(), 'begun, first')
  await until(() => server.connections() === 1, 'the old connection is closed')
})

t.test('a certificate authority', async (t) => {
  const { write, look, told, dispatcher } = lab(t)
  const server = await tlsServer(t, oldAuthority.server())
  t.equal(await get(server.origin, dispatcher), 'ok')
  server.server.setSecureContext(newAuthority.server())
  write({ ca: newAuthority.cert })
  await look()
  t.equal(told.renewed.length, 1)
  t.equal(await get(server.origin, dispatcher), 'ok')
  t.strictSame(told.failed, [])
})

t.test('a renewal that cannot be used leaves the old ones at work, and is told once', async (t) => {
  const bad: [string, Record<string, string>, RegExp][] = [
    ['unreadable', { cert: '' }, /certificates they had: The file .*cert cannot be read/],
    ['half-written', { cert: second.cert.slice(0, 300) }, /not PEM, or not whole/],
    ['of another key', { cert: second.cert }, /do not belong together/],
    ['without its certificate', { key: second.key }, /do not belong together/],
    ['expired', toFiles(clients.expiredClient('late')), /is not valid now/],
    ['an authority that is none', { ca: 'canary' }, /CA certificate in file .* not PEM/],
  ]
  for (const [what, files, message] of bad) {
    await t.test(what, async (t) => {
      const { write, look, told, dispatcher } = lab(t)
      const server = await mutual(t)
      t.equal(await get(server.origin, dispatcher), 'ok')
      write(files)
      await look()
      t.match(told.failed, [message])
      t.notMatch(told.failed[0], /canary|BEGIN/)
      for (let i = 0; i < 3; i++) {
        t.equal(await get(server.origin, dispatcher), 'ok')
        await look()
      }
      t.equal(told.failed.length, 1)
      t.strictSame([...new Set(server.clients)], ['first'])
      write({ ca: oldAuthority.cert, cert: second.cert, key: second.key })
      t.equal(await get(server.origin, dispatcher), 'ok')
      await look()
      t.equal(told.renewed.length, 1)
      t.equal(await get(server.origin, dispatcher), 'ok')
      t.equal(server.clients.at(-1), 'second')
    })
  }
})

t.test('what is written back as it was is no renewal', async (t) => {
  const { write, look, told, dispatcher } = lab(t)
  const server = await mutual(t)
  t.equal(await get(server.origin, dispatcher), 'ok')
  write({ cert: 'canary' })
  await look()
  write({ cert: first.cert })
  t.equal(await get(server.origin, dispatcher), 'ok')
  await look()
  t.equal(await get(server.origin, dispatcher), 'ok')
  t.strictSame(told.renewed, [])
})

function toFiles({ cert, key }: { cert: string; key: string }) {
  return { cert, key }
}
