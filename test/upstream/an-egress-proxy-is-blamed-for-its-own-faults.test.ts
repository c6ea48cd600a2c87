import { inspect } from 'node:util'
import t, { type Test } from 'tap'
import { fetch } from 'undici'
import { egressFault } from '../../src/config/egress-error.ts'
import { Secret } from '../../src/config/secrets.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { upstreamProblem } from '../../src/upstream/failures.ts'
import { parseEgressProxy, throughTunnel } from '../../src/upstream/tunnel.ts'
import { certificateAuthority } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { fakeEgressProxy } from '../helpers/egress-proxy.ts'
import { rawServer } from '../helpers/fake-cluster.ts'
import { tlsServer } from '../helpers/tls-server.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const authority = certificateAuthority()
const PASSWORD = 'canary-9a1c'
const CLUSTER = 'https://cluster.example'

/** What a request through this proxy fails with, after a look for the password. */
async function failure(t: Test, egressProxy: string, ca = authority.cert) {
  const settings = connection({ ca: Secret.ofValue(ca), egressProxy: Secret.ofValue(egressProxy) })
  const dispatcher = clusterDispatcher(settings, notes(), { clock: new VirtualClock() })
  t.teardown(() => dispatcher.destroy())
  const error = await fetch(CLUSTER, { dispatcher }).then(
    () => new Error('it did not fail'),
    (thrown: Error) => thrown,
  )
  const said = inspect(error, { depth: 20, showHidden: true })
  t.notMatch(said, new RegExp(`${PASSWORD}|${Buffer.from(`user:${PASSWORD}`).toString('base64')}`))
  const cause = error.cause as Error & { code?: string }
  const problem = upstreamProblem(cause, CLUSTER, false)
  t.equal(egressFault(error), cause.message, 'found however deep it is wrapped')
  t.match(problem.message, cause.message)
  t.notMatch(problem.message, /The cluster \S+ could not|broke off/)
  return { code: cause.code, message: cause.message, cause: cause.cause }
}

t.test('one that is down', async (t) => {
  const gone = await rawServer(() => {})
  await gone.close()
  t.strictSame(await failure(t, `http://user:${PASSWORD}@127.0.0.1:${gone.port}`), {
    code: 'egress-proxy-unreachable',
    message: `The egress proxy 127.0.0.1:${gone.port} could not be reached (ECONNREFUSED).`,
    cause: undefined,
  })
})

t.test('one that hangs up, or answers no HTTP', async (t) => {
  for (const answer of ['', 'SSH-2.0-OpenSSH_9.6\r\n']) {
    const server = await rawServer((socket) => socket.once('data', () => socket.end(answer)))
    t.teardown(() => server.close())
    const failed = await failure(t, `http://user:${PASSWORD}@127.0.0.1:${server.port}`)
    t.match(failed, { code: 'egress-proxy-unreachable', message: `127.0.0.1:${server.port}` })
  }
})

t.test('one that takes the connection and says nothing is left', async (t) => {
  const silent = await rawServer(() => {})
  t.teardown(() => silent.close())
  const proxy = parseEgressProxy(Secret.ofValue(silent.url), silent.url, () => t.fail('no TLS here') as never)
  const connect = throughTunnel(proxy, 20, () => t.fail('there is no tunnel'))
  const error = await new Promise((resolve) =>
    connect({ hostname: 'cluster.example', protocol: 'https:', port: '' }, (thrown, _socket) =>
      resolve(thrown),
    ),
  )
  t.match(error, {
    code: 'egress-proxy-unreachable',
    message: `The egress proxy 127.0.0.1:${silent.port} could not be reached (ETIMEDOUT).`,
  })
})

const answers: [status: number, code: string, message: RegExp][] = [
  [407, 'egress-proxy-credentials', /wants other credentials .* \(status 407\)/],
  [403, 'egress-proxy-refused', /does not lead to cluster.example:443 \(status 403\)/],
  [502, 'egress-proxy-refused', /does not lead to cluster.example:443 \(status 502\)/],
  [302, 'egress-proxy-refused', /status 302/],
]
for (const [status, code, message] of answers) {
  t.test(`one that answers ${status}`, async (t) => {
    const proxy = await fakeEgressProxy(t, { port: 1, answer: () => status })
    const failed = await failure(t, `http://user:${PASSWORD}@127.0.0.1:${proxy.port}`)
    t.match(failed, { code, message, cause: undefined })
    t.match(failed.message, `The egress proxy 127.0.0.1:${proxy.port}`)
  })
}

t.test('one whose certificate nobody vouches for gets no password', async (t) => {
  const proxy = await fakeEgressProxy(t, { port: 1, tls: certificateAuthority('another').server() })
  const failed = await failure(t, `https://user:${PASSWORD}@localhost:${proxy.port}`)
  t.match(failed, { code: 'egress-proxy-unreachable', message: /certificate of the egress proxy localhost/ })
  t.strictSame(proxy.asked, [])
})

t.test('one whose URL is none', async (t) => {
  for (const url of [
    `http://user:${PASSWORD}@:x`,
    `socks5://user:${PASSWORD}@proxy`,
    `user:${PASSWORD}#@proxy`,
  ])
    t.match(await failure(t, url), { code: 'egress-proxy-unusable', message: /\(settings\) cannot be used/ })
})

t.test('but not for the certificate of the cluster behind it', async (t) => {
  const server = await tlsServer(t, certificateAuthority('another').server('cluster.example'))
  const proxy = await fakeEgressProxy(t, { port: server.port })
  const settings = connection({
    ca: Secret.ofValue(authority.cert),
    egressProxy: Secret.ofValue(`http://127.0.0.1:${proxy.port}`),
  })
  const dispatcher = clusterDispatcher(settings, notes())
  t.teardown(() => dispatcher.destroy())
  const { cause } = (await fetch(CLUSTER, { dispatcher }).catch((error: Error) => error)) as Error
  t.equal(egressFault(cause), undefined)
  t.match(upstreamProblem(cause as Error, CLUSTER, false).message, /certificate of .*cluster.example was not/)
  t.strictSame(server.clients, [])
})

t.test('an error of another kind is none of its faults', async (t) => {
  t.equal(egressFault(new Error('x', { cause: 'egress' })), undefined)
  t.equal(egressFault(undefined), undefined)
  const loop = new Error('loop')
  loop.cause = loop
  t.equal(egressFault(loop), undefined, 'nor is one that goes round')
})
