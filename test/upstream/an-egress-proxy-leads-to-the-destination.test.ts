import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { fetch, request } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import type { ConnectionSettings } from '../../src/config/settings.ts'
import { clusterDispatcher, identityProviderDispatcher } from '../../src/upstream/dispatcher.ts'
import { parseEgressProxy, throughTunnel } from '../../src/upstream/tunnel.ts'
import { certificateAuthority } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { fakeEgressProxy } from '../helpers/egress-proxy.ts'
import { fakeCluster, rawServer } from '../helpers/fake-cluster.ts'
import { tlsServer } from '../helpers/tls-server.ts'

const authority = certificateAuthority()
const clients = certificateAuthority('of clients')
const ca = Secret.ofValue(authority.cert)

function through(t: Test, egressProxy: string, further: Partial<ConnectionSettings['tls']> = {}) {
  const settings = connection({ ca, egressProxy: Secret.ofValue(egressProxy), ...further })
  const dispatcher = clusterDispatcher(settings, notes())
  t.teardown(() => dispatcher.destroy())
  return dispatcher
}

t.test('by a tunnel, with the name that only the proxy has to know', async (t) => {
  const server = await tlsServer(t, authority.server('cluster.example'))
  const proxy = await fakeEgressProxy(t, { port: server.port })
  const dispatcher = through(t, `http://127.0.0.1:${proxy.port}`)
  const get = async () => (await fetch('https://cluster.example/v2', { dispatcher })).text()
  t.equal(await get(), 'ok')
  // A connection is free a moment after its answer has ended.
  await new Promise(setImmediate)
  t.equal(await get(), 'ok')
  t.strictSame(
    proxy.asked,
    [{ authority: 'cluster.example:443', authorization: undefined }],
    'and it is kept',
  )
})

t.test('to an address of IPv6, to another port, and to plain http', async (t) => {
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const proxy = await fakeEgressProxy(t, { port: cluster.port })
  const dispatcher = through(t, `127.0.0.1:${proxy.port}`)
  for (const origin of ['http://cluster.example', 'http://cluster.example:8080', 'http://[fd00::1]'])
    t.equal((await fetch(origin, { dispatcher })).status, 200)
  const asked = proxy.asked.map(({ authority }) => authority)
  t.strictSame(asked, ['cluster.example:80', 'cluster.example:8080', '[fd00::1]:80'])
})

const credentials: [userinfo: string, token: string | undefined][] = [
  ['user:pass@', 'user:pass'],
  ['us%40er:p%3A%25ss@', 'us@er:p:%ss'],
  ['user@', 'user:'],
  [':pass@', ':pass'],
  ['us%er:p%ss@', 'us%er:p%ss'],
  ['%C3%BCser:w%C3%B6rd@', 'üser:wörd'],
]
for (const [userinfo, token] of credentials) {
  t.test(`with the credentials of ${userinfo}`, async (t) => {
    const server = await tlsServer(t, authority.server())
    const proxy = await fakeEgressProxy(t, { port: server.port })
    const dispatcher = through(t, `http://${userinfo}127.0.0.1:${proxy.port}`)
    t.equal((await fetch(server.origin, { dispatcher })).status, 200)
    t.equal(proxy.asked[0]?.authorization, `Basic ${Buffer.from(token ?? '').toString('base64')}`)
  })
}

t.test('over TLS to the proxy too, which is not shown the client certificate', async (t) => {
  const { cert, key } = clients.client('me')
  const mutual = { ca: clients.cert, requestCert: true, rejectUnauthorized: true }
  const server = await tlsServer(t, { ...authority.server(), ...mutual })
  const proxy = await fakeEgressProxy(t, { port: server.port, tls: authority.server() })
  const own = { certificate: Secret.ofValue(cert), key: Secret.ofValue(key) }
  const dispatcher = through(t, `https://user:pass@localhost:${proxy.port}`, own)
  t.equal((await fetch(server.origin, { dispatcher })).status, 200)
  t.strictSame(server.clients, ['me'])
  t.strictSame(proxy.clients, [])
  t.equal(proxy.asked.length, 1)
})

t.test('repeated headers arrive as they were sent', async (t) => {
  const cluster = await fakeCluster()
  t.teardown(() => cluster.close())
  const proxy = await fakeEgressProxy(t, { port: cluster.port })
  const dispatcher = through(t, `http://127.0.0.1:${proxy.port}`)
  await request('http://cluster.example/v2', { dispatcher, headers: ['x-a', '1', 'X-A', '2'] })
  t.match(cluster.seen[0]?.rawHeaders.join(), 'x-a,1,X-A,2')
})

t.test('the identity provider is reached through one likewise', async (t) => {
  const server = await tlsServer(t, authority.server())
  const proxy = await fakeEgressProxy(t, { port: server.port })
  const egressProxy = Secret.ofValue(`http://user:pass@127.0.0.1:${proxy.port}`)
  const dispatcher = identityProviderDispatcher(connection({ ca, egressProxy }), notes())
  t.teardown(() => dispatcher.destroy())
  t.equal((await fetch(server.origin, { dispatcher })).status, 200)
  t.equal(proxy.asked.length, 1)
})

t.test('over TLS it is verified by its own name, not by that of the destination', async (t) => {
  const server = await tlsServer(t, authority.server('cluster.example'))
  const good = await fakeEgressProxy(t, { port: server.port, tls: authority.server() })
  const dispatcher = through(t, `https://user:pass@localhost:${good.port}`)
  t.equal(await (await fetch('https://cluster.example/v2', { dispatcher })).text(), 'ok')
  const bad = await fakeEgressProxy(t, { port: server.port, tls: authority.other('cluster.example') })
  const deceived = through(t, `https://user:pass@localhost:${bad.port}`)
  await t.rejects(fetch('https://cluster.example/v2', { dispatcher: deceived }), {
    cause: { code: 'egress-proxy-unreachable', message: /certificate/ },
  })
  t.strictSame(bad.asked, [], 'whose password it did not get')
})

t.test('and loses nothing of what comes in one piece with its answer', async (t) => {
  const proxy = await rawServer((client) =>
    client.once('data', () => client.end('HTTP/1.1 200 Connection established\r\n\r\nfirst words')),
  )
  t.teardown(() => proxy.close())
  const settings = parseEgressProxy(
    Secret.ofValue(proxy.url),
    proxy.url,
    () => t.fail('no TLS here') as never,
  )
  const connect = throughTunnel(settings, 10_000, () => t.fail('nothing to add to a tunnel'))
  const said = new Promise((resolve, reject) =>
    connect({ hostname: 'cluster.example', protocol: 'http:', port: '' }, (error, socket) =>
      error === null ? text(socket).then(resolve, reject) : reject(error),
    ),
  )
  t.equal(await said, 'first words')
})
