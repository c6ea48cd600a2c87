import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { type PeerCertificate, TLSSocket } from 'node:tls'
import { errorCode } from '../config/error-code.ts'
import type { ConnectionSettings } from '../config/settings.ts'
import { printable } from '../credentials/idp-errors.ts'
import { connectTo } from '../upstream/connect.ts'
import { lookingConnector } from '../upstream/dispatcher.ts'
import { diagnose } from './diagnoses.ts'
import { type Finding, ok } from './step.ts'
import { certificateDiagnosis, connectionDiagnosis } from './symptoms.ts'

const DAY_MS = 24 * 60 * 60_000
const FEW_DAYS = 14
const MAX_CHAIN = 10

interface Certificate {
  subject: string
  issuer: string
  names: string
  validTo: string
  /** By the clock of this machine; negative once it is over. */
  daysLeft: number
}

/** Connects as the proxy would, and looks at what the server shows. `now` is in milliseconds since 1970. */
export async function connectionFinding(
  url: URL,
  settings: ConnectionSettings,
  { timeoutMs, now }: { timeoutMs: number; now: () => number },
): Promise<Finding> {
  try {
    const socket = await connected(url, settings, timeoutMs)
    const finding = socket instanceof TLSSocket ? tlsFinding(url.host, socket, now()) : plain(url)
    socket.destroy()
    return finding
  } catch (error) {
    const code = codeOf(error)
    // Those of the way out are ours, and safe to show.
    const said =
      error instanceof Error && error.name === 'EgressError' ? error.message : `No connection (${code}).`
    return { status: 'failed', detail: [said], ...connectionDiagnosis(code, url.host) }
  }
}

/** Of several addresses that were tried, the first that says something. */
function codeOf(error: unknown): string {
  const inner =
    error instanceof AggregateError
      ? error.errors.map(errorCode).find((code) => code !== undefined)
      : undefined
  return errorCode(error) ?? inner ?? (error instanceof Error ? error.name : 'unknown')
}

async function connected(url: URL, settings: ConnectionSettings, timeoutMs: number): Promise<Socket> {
  const connector = await lookingConnector(settings, timeoutMs)
  return new Promise((resolve, reject) =>
    connectTo(connector, url, (error, socket) => {
      socket?.on('error', () => {})
      if (socket === null) reject(error)
      else resolve(socket)
    }),
  )
}

function plain({ host }: URL): Finding {
  return ok([`${host} takes connections; plain http, nothing is encrypted.`], { protocol: 'http' })
}

function tlsFinding(host: string, socket: TLSSocket, now: number): Finding {
  const chain = chainOf(socket.getPeerCertificate(true), now)
  const protocol = socket.getProtocol() ?? 'unknown'
  const rows = chain.map(
    ({ subject, issuer, validTo, daysLeft }) =>
      `certificate of ${subject}, issued by ${issuer}, until ${validTo} (${daysLeft} days)`,
  )
  const facts = { protocol, verified: socket.authorized, chain }
  const first = chain[0]
  if (!socket.authorized) {
    // Node gives the code, though its types say Error.
    const code = String(socket.authorizationError)
    const issuer = chain.at(-1)?.issuer ?? 'nobody'
    const about = { host, issuer, names: first?.names || 'no name' }
    const detail = [`${protocol}; the certificate is not accepted (${code}).`, ...rows]
    return { status: 'failed', detail, facts, ...certificateDiagnosis(code, about) }
  }
  const finding = ok([`${protocol}, verified.`, ...rows], facts)
  const fewest = Math.min(...chain.map(({ daysLeft }) => daysLeft))
  return fewest >= FEW_DAYS
    ? finding
    : {
        ...finding,
        status: 'warning',
        ...diagnose('certificate-expires-soon', { host, days: String(fewest + 1) }),
      }
}

function chainOf(first: PeerCertificate, now: number): Certificate[] {
  const chain: Certificate[] = []
  let next: (PeerCertificate & { issuerCertificate?: PeerCertificate }) | undefined = first
  const seen = new Set<string>()
  while (next?.raw !== undefined && chain.length < MAX_CHAIN && !seen.has(next.fingerprint256)) {
    seen.add(next.fingerprint256)
    const { subject, issuer, validTo, subjectAltName } = new X509Certificate(next.raw)
    const ends = new Date(validTo)
    chain.push({
      subject: nameIn(subject),
      issuer: nameIn(issuer),
      names: printable(subjectAltName ?? ''),
      validTo: ends.toISOString().slice(0, 10),
      daysLeft: Math.floor((ends.getTime() - now) / DAY_MS),
    })
    next = next.issuerCertificate
  }
  return chain
}

/** The common name, else all of it on one line. */
function nameIn(distinguished = ''): string {
  return printable(/^CN=(.+)$/m.exec(distinguished)?.[1] ?? distinguished)
}
