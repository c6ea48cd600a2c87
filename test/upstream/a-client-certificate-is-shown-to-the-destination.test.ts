import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fetch } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import { clusterDispatcher } from '../../src/upstream/dispatcher.ts'
import { upstreamProblem } from '../../src/upstream/failures.ts'
import { certificateAuthority, encrypted, type Identity } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { tlsServer } from '../helpers/tls-server.ts'

const authority = certificateAuthority()
const me = authority.client('me')
const mutual = { ...authority.server(), ca: authority.cert, requestCert: true, rejectUnauthorized: true }
const ca = Secret.ofValue(authority.cert)

async function get(t: Test, origin: string, identity: Partial<Identity> & { passphrase?: string }) {
  const secret = (text: string | undefined) => (text === undefined ? undefined : Secret.ofValue(text))
  const { cert, key, passphrase } = identity
  const own = { certificate: secret(cert), key: secret(key), passphrase: secret(passphrase) }
  const dispatcher = clusterDispatcher(connection({ ca, ...own }), notes())
  t.teardown(() => dispatcher.destroy())
  return (await fetch(origin, { dispatcher })).text()
}

t.test('a server that wants one is shown it', async (t) => {
  const { origin, clients } = await tlsServer(t, mutual)
  t.equal(await get(t, origin, me), 'ok')
  t.strictSame(clients, ['me'])
})

t.test('its key may have a passphrase', async (t) => {
  const { origin, clients } = await tlsServer(t, mutual)
  const locked = { cert: me.cert, key: encrypted(me, 'open sesame') }
  t.equal(await get(t, origin, { ...locked, passphrase: 'open sesame' }), 'ok')
  t.strictSame(clients, ['me'])
  for (const wrong of [locked, { ...locked, passphrase: 'canary' }])
    await t.rejects(get(t, origin, wrong), {
      cause: { code: 'tls-unusable', message: /passphrase is missing or wrong/ },
    })
})

t.test('a server that gets none says so', async (t) => {
  const { origin, clients } = await tlsServer(t, { ...mutual, maxVersion: 'TLSv1.2' })
  const { cause } = (await get(t, origin, {}).catch((error: Error) => error)) as Error
  const problem = upstreamProblem(cause as Error, origin, true)
  t.match(problem, { code: 'upstream-unreachable', message: /did not let this proxy in/ })
  t.strictSame(clients, [])
})

t.test('a server that does not know it answers nothing', async (t) => {
  // With TLS 1.3 its word comes after the request, or a reset before its word.
  const { origin, clients } = await tlsServer(t, mutual)
  await t.rejects(get(t, origin, certificateAuthority('another authority').client('stranger')))
  await t.rejects(get(t, origin, {}))
  t.strictSame(clients, [])
})

t.test('one that cannot be used fails each request, and tells why', async (t) => {
  const { origin, clients } = await tlsServer(t, mutual)
  const cases: [Partial<Identity>, RegExp][] = [
    [
      { cert: me.cert, key: authority.client('else').key },
      /\(settings and settings\) do not belong together/,
    ],
    [authority.expiredClient('late'), /client certificate in settings is not valid now, but .* to /],
    [{ cert: 'canary', key: me.key }, /client certificate in settings cannot be used: it is not PEM/],
    [{ cert: me.cert.slice(0, -40), key: me.key }, /not whole/],
    [{ cert: me.cert, key: 'canary' }, /cannot be used \(ERR_OSSL/],
  ]
  for (const [identity, message] of cases) {
    const { cause } = (await get(t, origin, identity).catch((error: Error) => error)) as Error & {
      cause?: Error
    }
    t.match(cause, { code: 'tls-unusable', message })
    t.notMatch(cause?.message, /canary|BEGIN/)
    t.equal(cause?.cause, undefined)
    const problem = upstreamProblem(cause as Error, origin, false)
    t.match(problem.message, /was not asked/)
  }
  t.strictSame(clients, [])
})

t.test('a file that is missing fails the request, and the next one looks again', async (t) => {
  const { origin } = await tlsServer(t, authority.server())
  const file = join(t.testdir(), 'ca.pem')
  const dispatcher = clusterDispatcher(connection({ ca: Secret.ofFile(file) }), notes())
  t.teardown(() => dispatcher.destroy())
  await t.rejects(fetch(origin, { dispatcher }), {
    cause: { code: 'tls-unusable', message: `The file ${file} cannot be read (ENOENT).` },
  })
  writeFileSync(file, authority.cert)
  t.equal((await fetch(origin, { dispatcher })).status, 200)
})
