import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A key and its certificate, in PEM. */
export interface Identity {
  key: string
  cert: string
}

export interface CertificateAuthority extends Identity {
  /** For `localhost`, 127.0.0.1 and further names. */
  server(...names: string[]): Identity
  /** The same, when its time is over. */
  expiredServer(...names: string[]): Identity
  /** For these names alone. */
  other(...names: string[]): Identity
  client(name: string): Identity
  /** A client's whose time is over. */
  expiredClient(name: string): Identity
}

const KINDS = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  rsa: ['-newkey', 'rsa:2048'],
}
const NEW_KEY = [...KINDS.ec, '-nodes']
const DAYS = 2
/** What a server of this machine is called. */
const HERE = ['DNS:localhost', 'IP:127.0.0.1']

/** A self-signed certificate for a host name, made on the spot and valid for two days. */
export function selfSigned(host: string, type: keyof typeof KINDS = 'ec'): Identity {
  return inFolder((folder) => {
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`]
    return made(folder, ['req', '-x509', ...KINDS[type], '-nodes', '-days', String(DAYS), ...subject])
  })
}

/** An authority that nobody knows yet. */
export function certificateAuthority(name = 'test authority'): CertificateAuthority {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'keyUsage=critical,keyCertSign,cRLSign']
  const ca = inFolder((folder) =>
    made(folder, ['req', '-x509', ...NEW_KEY, '-days', String(DAYS), ...subject]),
  )
  const client = 'extendedKeyUsage=clientAuth'
  return {
    ...ca,
    server: (...names) => serverOf(ca, [...HERE, ...names.map((host) => `DNS:${host}`)]),
    expiredServer: (...names) => serverOf(ca, [...HERE, ...names.map((host) => `DNS:${host}`)], -1),
    other: (...names) =>
      serverOf(
        ca,
        names.map((host) => `DNS:${host}`),
      ),
    client: (of) => issued(ca, of, client, DAYS),
    expiredClient: (of) => issued(ca, of, client, -1),
  }
}

/** The same key under a passphrase. */
export function encrypted({ key }: Identity, passphrase: string): string {
  return inFolder((folder) => {
    const [plain, locked] = [join(folder, 'plain.pem'), join(folder, 'locked.pem')]
    writeFileSync(plain, key)
    openssl(['pkcs8', '-topk8', '-in', plain, '-out', locked, '-passout', `pass:${passphrase}`])
    return readFileSync(locked, 'utf8')
  })
}

function serverOf(ca: Identity, names: readonly string[], days = DAYS): Identity {
  return issued(ca, 'server', `subjectAltName=${names.join(',')}\nextendedKeyUsage=serverAuth`, days)
}

function issued(ca: Identity, name: string, extensions: string, days: number): Identity {
  return inFolder((folder) => {
    const path = (file: string) => join(folder, file)
    writeFileSync(path('ca.pem'), ca.cert)
    writeFileSync(path('ca-key.pem'), ca.key)
    writeFileSync(path('extensions'), extensions)
    openssl(['req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', path('key.pem'), '-out', path('request')])
    const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca-key.pem'), '-CAcreateserial']
    const terms = ['-days', String(days), '-extfile', path('extensions')]
    openssl(['x509', '-req', '-in', path('request'), ...authority, ...terms, '-out', path('cert.pem')])
    return identityIn(folder)
  })
}

function made(folder: string, command: string[]): Identity {
  openssl([...command, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')])
  return identityIn(folder)
}

function identityIn(folder: string): Identity {
  const read = (file: string) => readFileSync(join(folder, file), 'utf8')
  return { key: read('key.pem'), cert: read('cert.pem') }
}

function openssl(command: string[]): void {
  execFileSync('openssl', command, { stdio: 'ignore' })
}

function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'certificate-'))
  try {
    return use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
