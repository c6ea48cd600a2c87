import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { buildConnector } from 'undici'
import { egressProxyUrl } from '../config/egress.ts'
import { EgressError, type EgressFault } from '../config/egress-error.ts'
import { bareHost } from '../config/hosts.ts'
import { decoded } from '../config/percent.ts'
import type { Secret } from '../config/secrets.ts'

/** An egress proxy, and what it is told of us. */
export interface EgressProxy {
  url: URL
  /** The value of `Proxy-Authorization`. */
  authorization: string | undefined
  secureContext: SecureContext | undefined
}

const SECOND = 1_000
const KEEP_ALIVE_DELAY_MS = 30 * SECOND
const MAX_HEADER_BYTES = 16 * 1024
const EITHER_FAMILY = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 250 }

/**
 * Reads the URL of an egress proxy.
 * @throws EgressError, which does not show it
 */
export function parseEgressProxy(
  secret: Secret,
  text: string,
  secureContext: () => SecureContext,
): EgressProxy {
  const url = egressProxyUrl(text)
  if (url === undefined) {
    throw new EgressError(
      'egress-proxy-unusable',
      `The URL of the egress proxy (${secret.origin}) cannot be used: expected http://HOST:PORT or https://HOST:PORT, with special characters of a password percent-encoded.`,
    )
  }
  return {
    url,
    authorization: basic(url),
    secureContext: url.protocol === 'https:' ? secureContext() : undefined,
  }
}

/** RFC 7617. A user without a password has an empty one. */
function basic({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  // A URL may keep a lone percent sign.
  const [user, secret] = [username, password].map((part) => decoded(part) ?? part)
  return `Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`
}

/**
 * Connects through a tunnel that the proxy is asked for (RFC 9110 section 9.3.6). undici's own ProxyAgent would do the
 * same, but keeps only the last of repeated headers and knows no time limit for the proxy's answer.
 */
export function throughTunnel(
  proxy: EgressProxy,
  timeoutMs: number,
  connector: buildConnector.connector,
): buildConnector.connector {
  return (options, callback) =>
    openTunnel(proxy, authorityOf(options), timeoutMs, (error, socket) => {
      if (error !== null) callback(error, null)
      else if (options.protocol === 'https:') connector({ ...options, httpSocket: socket }, callback)
      else callback(null, socket)
    })
}

function authorityOf({ hostname, protocol, port }: buildConnector.Options): string {
  const host = bareHost(hostname)
  return `${host.includes(':') ? `[${host}]` : host}:${port || (protocol === 'https:' ? '443' : '80')}`
}

type Opened = (...result: [EgressError, null] | [null, Socket]) => void

function openTunnel(proxy: EgressProxy, authority: string, timeoutMs: number, done: Opened): void {
  const request = connectRequest(proxy, authority)
  const timer = setTimeout(() => request.destroy(new TimedOut()), timeoutMs)
  request
    .once('connect', (response, socket: Socket, head) => {
      clearTimeout(timer)
      const status = response.statusCode ?? 0
      if (status < 200 || status > 299) {
        socket.on('error', () => {}).destroy()
        done(refused(proxy.url, status, authority), null)
        return
      }
      if (head.length > 0) socket.unshift(head)
      done(null, socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_DELAY_MS))
    })
    .once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer)
      done(unreachable(proxy.url, error.code ?? error.name), null)
    })
    .end()
}

function connectRequest({ url, authorization, secureContext }: EgressProxy, authority: string) {
  const host = bareHost(url.hostname)
  return (url.protocol === 'https:' ? https : http).request({
    method: 'CONNECT',
    host,
    port: url.port || (url.protocol === 'https:' ? 443 : 80),
    path: authority,
    headers: { host: authority, ...(authorization && { 'proxy-authorization': authorization }) },
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    ...EITHER_FAMILY,
    ...(url.protocol === 'https:' && {
      secureContext,
      // Not the name in `Host`, which is the destination's.
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2' as const,
      ALPNProtocols: ['http/1.1'],
    }),
  })
}

class TimedOut extends Error {
  readonly code = 'ETIMEDOUT'
}

const refusals: Record<number, [EgressFault, string]> = {
  407: ['egress-proxy-credentials', 'wants other credentials than those in its URL, or any'],
}

function refused({ host }: URL, status: number, authority: string): EgressError {
  const [code, does] = refusals[status] ?? ['egress-proxy-refused', `does not lead to ${authority}`]
  return new EgressError(code, `The egress proxy ${host} ${does} (status ${status}).`)
}

function unreachable({ host }: URL, code: string): EgressError {
  const said = /CERT|SIGNATURE|ERR_TLS|ERR_SSL/.test(code)
    ? `The certificate of the egress proxy ${host} was not accepted (${code}); no credential was sent.`
    : `The egress proxy ${host} could not be reached (${code}).`
  return new EgressError('egress-proxy-unreachable', said)
}
