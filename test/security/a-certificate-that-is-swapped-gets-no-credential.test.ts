// A TLS session that is resumed shows no certificate (RFC 8446 section 2.2): whoever has the keys of its tickets, as each
// server behind one address may, could go on with one that has expired, was revoked or is for another name.
import { randomBytes } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { certificateAuthority, type Identity, selfSigned } from '../helpers/certificate.ts'
import { authority, gatewayTo, identity } from '../helpers/http2-lab.ts'
import { type TlsServer, tlsServer } from '../helpers/tls-server.ts'

const WRONG: Record<string, Identity> = {
  'by nobody': selfSigned('localhost'),
  'by an authority that is not trusted': certificateAuthority('another').server(),
  'for another name': authority.other('elsewhere.example'),
  'that has expired': authority.expiredServer(),
}

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const

interface Lab {
  server: TlsServer
  ask(path?: string): Promise<{ status: number; text: string }>
  show(certificate: Identity): void
  resumed(): boolean[]
}

/** A cluster that keeps the keys of its tickets whatever certificate it shows, and answers after `release`. */
async function lab(t: Test, version: (typeof VERSIONS)[number]): Promise<Lab> {
  const options: ServerOptions = { ticketKeys: randomBytes(48), minVersion: version, maxVersion: version }
  const resumed: boolean[] = []
  const server = await tlsServer(t, { ...options, ...identity }, (request, response) => {
    if (request.url === '/v2/close') response.setHeader('connection', 'close')
    response.end('whole')
  })
  server.server.on('secureConnection', (socket: TLSSocket) => resumed.push(socket.isSessionReused()))
  const { url } = await gatewayTo(t, server.port, false)
  return {
    server,
    resumed: () => resumed,
    show: (certificate) => server.server.setSecureContext({ ...options, ...certificate }),
    async ask(path = '/v2/x') {
      const answer = await fetch(url + path)
      return { status: answer.status, text: await answer.text() }
    },
  }
}

for (const version of VERSIONS) {
  t.test(`over ${version}`, async (t) => {
    for (const [what, certificate] of Object.entries(WRONG)) {
      const { server, ask, show } = await lab(t, version)
      t.match(await ask(), { status: 200 }, 'with the right one')
      show(certificate)
      t.match(await ask('/v2/close'), { status: 200 }, 'the connection that was verified goes on')
      const before = server.clients.length
      for (let i = 0; i < 2; i++) {
        const { status, text } = await ask()
        t.equal(status, 502, `${what}: a new connection`)
        t.match(
          text,
          /upstream-unreachable.*The certificate of .* was not accepted \([A-Z_]+\); no credential was sent/,
        )
      }
      t.equal(server.clients.length, before, `${what}: nothing was sent on it`)
      show(identity)
      t.match(await ask(), { status: 200 }, `${what}: with the right one again`)
    }
  })

  t.test(`no session is resumed over ${version}, so that each connection is verified`, async (t) => {
    const { ask, resumed } = await lab(t, version)
    for (let i = 0; i < 3; i++) t.match(await ask('/v2/close'), { status: 200 })
    t.strictSame(resumed(), [false, false, false])
  })
}
