import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { fetch } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import { clusterDispatcher, identityProviderDispatcher } from '../../src/upstream/dispatcher.ts'
import { certificateAuthority, selfSigned } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { tlsServer } from '../helpers/tls-server.ts'

const authority = certificateAuthority()
const other = certificateAuthority('another authority')
const trusting = (ca: string) => connection({ ca: Secret.ofValue(ca) })

for (const make of [clusterDispatcher, identityProviderDispatcher]) {
  const get = async (t: Test, origin: string, ca: string | undefined) => {
    const dispatcher = make(ca === undefined ? connection() : trusting(ca), notes())
    t.teardown(() => dispatcher.destroy())
    const answer = await fetch(origin, { dispatcher })
    return answer.text()
  }

  t.test(`${make.name}: a server that it vouches for`, async (t) => {
    const { origin } = await tlsServer(t, authority.server())
    t.equal(await get(t, origin, authority.cert), 'ok')
    t.equal(await get(t, origin, `${other.cert}\n${authority.cert}`), 'ok', 'one of a bundle')
  })

  t.test(`${make.name}: a server that nobody knows gets nothing`, async (t) => {
    const { origin, clients } = await tlsServer(t, authority.server())
    await t.rejects(get(t, origin, undefined), { cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } })
    await t.rejects(get(t, origin, other.cert), { cause: { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' } })
    t.strictSame(clients, [])
  })

  t.test(`${make.name}: a certificate for another host gets nothing`, async (t) => {
    const elsewhere = selfSigned('evil.example')
    const { origin, clients } = await tlsServer(t, elsewhere)
    await t.rejects(get(t, origin, elsewhere.cert), { cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
    t.strictSame(clients, [])
  })
}

t.test("Node's own authorities stay trusted, and so do those of NODE_EXTRA_CA_CERTS", async (t) => {
  const extra = join(t.testdir(), 'extra.pem')
  writeFileSync(extra, other.cert)
  const { origin } = await tlsServer(t, other.server())
  const script = `
    const { fetch } = await import('undici')
    const { clusterDispatcher } = await import('./dist/upstream/dispatcher.js')
    const { Secret } = await import('./dist/config/secrets.js')
    const tls = { ca: Secret.ofValue(process.env.OWN_CA) }
    const dispatcher = clusterDispatcher({ tls, http2: false }, {})
    const answer = await fetch(process.env.ORIGIN, { dispatcher })
    process.stdout.write(await answer.text())
    await dispatcher.destroy()`
  const run = (env: Record<string, string>) =>
    promisify(execFile)(process.execPath, [...process.execArgv, '--input-type=module', '-e', script], {
      env: { ...process.env, OWN_CA: authority.cert, ORIGIN: origin, ...env },
    })
  t.equal((await run({ NODE_EXTRA_CA_CERTS: extra })).stdout, 'ok')
  await t.rejects(run({ NODE_EXTRA_CA_CERTS: '' }), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/)
})
