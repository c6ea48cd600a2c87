import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import * as tls from 'node:tls'
import { EgressError } from '../config/egress-error.ts'
import { errorCode } from '../config/error-code.ts'
import type { Secret } from '../config/secrets.ts'
import type { TlsSettings } from '../config/settings.ts'

/** The texts of the TLS settings at one moment. */
export type TlsTexts = Record<keyof TlsSettings, string | undefined>

/** What is needed to speak TLS: with the destination, and with an egress proxy, which never sees the client certificate. */
export interface TlsContexts {
  destination: tls.SecureContext
  /** Made when it is asked for: few proxies speak TLS. */
  egressProxy(): tls.SecureContext
}

const MIN_VERSION = 'TLSv1.2'
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const BEGINNING = /-----BEGIN CERTIFICATE-----/g

/**
 * Makes the contexts, once for all connections: a context knows some 150 authorities, and to parse them takes
 * milliseconds.
 * @throws EgressError if a text is not what it should be, if nothing in it is valid now, or if key and certificate do not match
 */
export async function tlsContexts(settings: TlsSettings, texts: TlsTexts, now: number): Promise<TlsContexts> {
  const { certificate, key, passphrase } = texts
  if (settings.ca !== undefined) checkValidity('CA certificate', settings.ca, texts.ca, now)
  if (settings.certificate !== undefined)
    checkValidity('client certificate', settings.certificate, certificate, now)
  const trust = texts.ca === undefined ? {} : { ca: [...(await trustedByNode()), texts.ca] }
  const identity = { cert: certificate, key, passphrase }
  return {
    destination: context({ ...trust, ...identity }, settings),
    egressProxy: () => context(trust, settings),
  }
}

function context(options: tls.SecureContextOptions, settings: TlsSettings): tls.SecureContext {
  try {
    return tls.createSecureContext({ ...options, minVersion: MIN_VERSION })
  } catch (error) {
    const files = [settings.certificate, settings.key].flatMap((secret) => secret?.origin ?? []).join(' and ')
    throw new EgressError('tls-unusable', `The client certificate and its key (${files}) ${reasonOf(error)}.`)
  }
}

/** OpenSSL's own words may quote what it read. */
function reasonOf(error: unknown): string {
  const code = errorCode(error) ?? 'unknown'
  if (/MISMATCH/.test(code)) return `do not belong together (${code})`
  if (/BAD_DECRYPT|PASSWORD|PASSPHRASE|INTERRUPTED|EMPTY_PASS/i.test(code))
    return `cannot be used: the passphrase is missing or wrong (${code})`
  return `cannot be used (${code})`
}

/** A bundle may hold some that have expired; at least the first of a client's, and one of the authorities', has to be valid. */
function checkValidity(what: string, secret: Secret, text: string | undefined, now: number): void {
  const certificates = parse(what, secret, text ?? '')
  const first = certificates[0]
  const relevant = what === 'client certificate' && first !== undefined ? [first] : certificates
  if (relevant.some((certificate) => isValid(certificate, now))) return
  const dates = relevant.map(({ validFrom, validTo }) => `${validFrom} to ${validTo}`).join(', ')
  throw new EgressError('tls-unusable', `The ${what} in ${secret.origin} is not valid now, but ${dates}.`)
}

function isValid(certificate: X509Certificate, now: number): boolean {
  return Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo)
}

function parse(what: string, secret: Secret, text: string): X509Certificate[] {
  const whole = text.match(CERTIFICATE) ?? []
  try {
    const begun = text.match(BEGINNING)?.length ?? 0
    if (whole.length === 0 || begun !== whole.length) throw new Error('it is cut off')
    return whole.map((pem) => new X509Certificate(pem))
  } catch {
    throw new EgressError(
      'tls-unusable',
      `The ${what} in ${secret.origin} cannot be used: it is not PEM, or not whole.`,
    )
  }
}

/** Node's own authorities, and those that NODE_EXTRA_CA_CERTS adds, which a `ca` would take the place of. */
async function trustedByNode(): Promise<readonly string[]> {
  // Since Node 22.15.
  const { getCACertificates } = tls as { getCACertificates?: (type: 'default') => string[] }
  if (getCACertificates !== undefined) return getCACertificates('default')
  const extra = process.env.NODE_EXTRA_CA_CERTS
  if (extra === undefined || extra === '') return tls.rootCertificates
  // Node has already warned of a file that it cannot read, and goes on without.
  const text = await readFile(extra, { encoding: 'utf8' }).catch(() => '')
  return [...tls.rootCertificates, ...(text.match(CERTIFICATE) ?? [])]
}
