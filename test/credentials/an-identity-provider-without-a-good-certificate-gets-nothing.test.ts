import { once } from 'node:events'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Agent, type Dispatcher } from 'undici'
import { identityProviderDispatcher } from '../../src/upstream/dispatcher.ts'
import { selfSigned } from '../helpers/certificate.ts'
import { connection, notes } from '../helpers/connections.ts'
import { rawServer } from '../helpers/fake-cluster.ts'
import { json } from '../helpers/fake-idp.ts'
import { failureOf, SECRET, sourceFor } from '../helpers/oauth-lab.ts'

const here = selfSigned('localhost')
const elsewhere = selfSigned('evil.example')

async function provider(t: Test, options: ServerOptions) {
  let requests = 0
  const server = createServer(options, (_request, response) => {
    requests++
    json(response, 200, { access_token: 'abc', token_type: 'Bearer', expires_in: 300 })
  })
  server.on('tlsClientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { port: (server.address() as AddressInfo).port, requests: () => requests }
}

function ask(
  t: Test,
  port: number,
  dispatcher: Dispatcher = identityProviderDispatcher(connection(), notes()),
) {
  const source = sourceFor(t, `https://localhost:${port}/token`, { dispatcher })
  return source.acquire(new AbortController().signal)
}

const trusting = (ca: string) => new Agent({ connect: { ca, minVersion: 'TLSv1.2' } })

t.test('one that nobody vouches for', async (t) => {
  const { port, requests } = await provider(t, here)
  const told = {
    code: 'tls',
    message: `The certificate of localhost:${port} was not accepted (DEPTH_ZERO_SELF_SIGNED_CERT); nothing was sent.`,
    refused: false,
  }
  t.strictSame(await failureOf(ask(t, port), [SECRET]), told)
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED
  })
  t.strictSame(await failureOf(ask(t, port), [SECRET]), told, 'nor by the variable that turns this off')
  t.equal(requests(), 0)
})

t.test('one that is trusted, for another host', async (t) => {
  const { port, requests } = await provider(t, elsewhere)
  t.match(await failureOf(ask(t, port, trusting(elsewhere.cert)), [SECRET]), {
    code: 'tls',
    message: /ERR_TLS_CERT_ALTNAME_INVALID/,
    refused: false,
  })
  t.equal(requests(), 0)
})

t.test('one that is trusted, for this host', async (t) => {
  const { port, requests } = await provider(t, here)
  t.match(await ask(t, port, trusting(here.cert)), { lifetimeMs: 300_000 })
  t.equal(requests(), 1)
})

t.test('a version of TLS that is no longer safe', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const { port, requests } = await provider(t, { ...here, ...old })
  t.match(await failureOf(ask(t, port), [SECRET]), { code: 'tls', message: /PROTOCOL/, refused: false })
  t.equal(requests(), 0)
})

t.test('no TLS at all', async (t) => {
  let received = ''
  const server = await rawServer((socket) =>
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    }),
  )
  t.teardown(() => server.close())
  const failed = await failureOf(ask(t, server.port), [SECRET])
  t.match(failed, { refused: false, message: `localhost:${server.port}` })
  t.notMatch(received, /grant_type|canary/)
})
