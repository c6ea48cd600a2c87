import t from 'tap'
import { connectionFinding } from '../../src/check/connection-step.ts'
import { Secret } from '../../src/config/secrets.ts'
import type { ConnectionSettings } from '../../src/config/settings.ts'
import { certificateAuthority, selfSigned } from '../helpers/certificate.ts'
import { fakeEgressProxy } from '../helpers/egress-proxy.ts'
import { tlsServer } from '../helpers/tls-server.ts'

const authority = certificateAuthority('Corp Interception CA')

function settings(ca?: string, egressProxy?: string): ConnectionSettings {
  const tls = {
    ca: ca === undefined ? undefined : Secret.ofValue(ca),
    certificate: undefined,
    key: undefined,
    passphrase: undefined,
  }
  return {
    tls,
    egressProxy: egressProxy === undefined ? undefined : Secret.ofValue(egressProxy),
    http2: false,
  }
}

const look = (origin: string, how = settings()) =>
  connectionFinding(new URL(origin), how, { timeoutMs: 5_000, now: Date.now })

t.test('a company that reads along: its name, and what to do', async (t) => {
  const identity = authority.server()
  const { origin } = await tlsServer(t, { ...identity, cert: identity.cert + authority.cert })
  const found = await look(origin)
  t.match(found, {
    status: 'failed',
    diagnosis: 'certificate-unknown-issuer',
    cure: /“Corp Interception CA”.*tlsCaFile/,
  })
  t.match(found.detail[1], /certificate of server, issued by Corp Interception CA/)
  t.match(found.facts, { verified: false, protocol: 'TLSv1.3' })
})

t.test('trusted, it is only soon at its end', async (t) => {
  const { origin } = await tlsServer(t, authority.server())
  t.match(await look(origin, settings(authority.cert)), {
    status: 'warning',
    diagnosis: 'certificate-expires-soon',
    facts: { verified: true },
  })
})

t.test('expired, self-signed, for another host', async (t) => {
  const known = settings(authority.cert)
  const expired = await tlsServer(t, authority.expiredServer())
  t.match(await look(expired.origin, known), { status: 'failed', diagnosis: 'certificate-expired' })
  const own = await tlsServer(t, selfSigned('localhost'))
  t.match(await look(own.origin), { status: 'failed', diagnosis: 'certificate-self-signed' })
  const other = await tlsServer(t, authority.other('camunda.example'))
  t.match(await look(other.origin, known), { diagnosis: 'certificate-wrong-host', cause: /camunda\.example/ })
})

t.test('through an egress proxy, or not', async (t) => {
  const { port } = await tlsServer(t, authority.server('camunda.example'))
  const proxy = await fakeEgressProxy(t, { port })
  const through = settings(authority.cert, `http://user:canary-pass@127.0.0.1:${proxy.port}`)
  t.match(await look('https://camunda.example', through), { facts: { verified: true } })
  const closed = await fakeEgressProxy(t, { port, answer: () => 407 })
  const refused = await look(
    'https://camunda.example',
    settings(undefined, `http://u:canary-pass@127.0.0.1:${closed.port}`),
  )
  t.match(refused, { status: 'failed', diagnosis: 'egress-proxy-credentials' })
  t.notMatch(JSON.stringify(refused), /canary/)
})
