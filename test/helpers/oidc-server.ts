import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { exportJWK, generateKeyPair } from 'jose'
import type { ClientMetadata, KoaContextWithOIDC } from 'oidc-provider'
import type { Test } from 'tap'

export interface OidcServer {
  issuer: string
  tokenUrl: string
}

interface Options {
  client: Pick<ClientMetadata, 'client_id'> & Partial<ClientMetadata>
  audience: string
  accessTokenFormat: 'jwt' | 'opaque'
  lifetimeS: number
  /** Makes it speak https, as `localhost`, and ask for the certificate of a client. */
  tls?: ServerOptions
}

/** What it says of running in a test: on an older Node, and with everything in memory. */
const ADVICE =
  /^oidc-provider WARNING: (Unsupported runtime|a quick start development-only in-memory adapter)/

/**
 * A real OpenID provider with one client, which issues tokens for one audience. What goes wrong inside it fails
 * the test.
 */
export async function oidcServer(t: Test, options: Options): Promise<OidcServer> {
  const { warn } = console
  t.intercept(console, 'warn', {
    value: (...said: unknown[]) => (ADVICE.test(String(said[0])) ? undefined : warn(...said)),
  })
  const { Provider } = await import('oidc-provider')
  const { tls } = options
  const server =
    tls === undefined
      ? createServer()
      : createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const issuer = tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`
  const { audience, accessTokenFormat, lifetimeS } = options
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    clients: [
      {
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
        ...options.client,
      },
    ],
    ...(tls && { clientAuthMethods: ['tls_client_auth'] }),
    ttl: { ClientCredentials: lifetimeS },
    features: {
      devInteractions: { enabled: false },
      introspection: { enabled: true, allowedPolicy: () => true },
      clientCredentials: { enabled: true },
      mTLS: {
        enabled: tls !== undefined,
        tlsClientAuth: true,
        getCertificate: (context) => certificateOf(context)?.toString(),
        certificateAuthorized: (context) => (context.socket as TLSSocket).authorized,
        certificateSubjectMatches: (context, _property, expected) =>
          certificateOf(context)?.subject === expected,
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        getResourceServerInfo: () => ({ scope: 'api', audience, accessTokenFormat }),
      },
    },
  })
  provider.on('server_error', (_context, error) => t.fail(`the provider itself failed: ${error.message}`))
  server.on('request', provider.callback())
  return { issuer, tokenUrl: `${issuer}/token` }
}

function certificateOf(context: KoaContextWithOIDC) {
  return (context.socket as TLSSocket).getPeerX509Certificate()
}
