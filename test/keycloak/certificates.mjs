/** Keys and certificates that are made for one run and go with it. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']
const RSA = ['-newkey', 'rsa:2048']

/**
 * An authority, a server of 127.0.0.1 and a client that it vouches for, and a key that signs assertions.
 * @param {string} folder
 * @param {string} clientName the client's common name
 */
export function makeCertificates(folder, clientName) {
  const authority = selfSigned(folder, 'authority', EC)
  return {
    authority,
    server: signedBy(authority, folder, 'server', '127.0.0.1', 'subjectAltName=IP:127.0.0.1'),
    client: signedBy(authority, folder, 'client', clientName, 'extendedKeyUsage=clientAuth'),
    signing: selfSigned(folder, 'signing', RSA),
  }
}

/**
 * What stands between the lines of a PEM file, in one line.
 * @param {string} path
 */
export function bareCertificate(path) {
  return readFileSync(path, 'utf8').replaceAll(/-----[^-]+-----|\s/g, '')
}

/**
 * @param {string} folder
 * @param {string} name
 * @param {string[]} kind
 */
function selfSigned(folder, name, kind) {
  const { key, cert } = paths(folder, name)
  openssl([
    'req',
    '-x509',
    ...kind,
    '-nodes',
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    key,
    '-out',
    cert,
  ])
  return { key, cert }
}

/**
 * @param {{ key: string, cert: string }} authority
 * @param {string} folder
 * @param {string} name
 * @param {string} commonName
 * @param {string} extension
 */
function signedBy(authority, folder, name, commonName, extension) {
  const { key, cert, request, extensions } = paths(folder, name)
  writeFileSync(extensions, `${extension}\n`)
  openssl(['req', ...EC, '-nodes', '-subj', `/CN=${commonName}`, '-keyout', key, '-out', request])
  const issuer = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-days', '2']
  openssl(['x509', '-req', '-in', request, ...issuer, '-extfile', extensions, '-out', cert])
  return { key, cert }
}

/**
 * @param {string} folder
 * @param {string} name
 */
function paths(folder, name) {
  const path = (end) => join(folder, `${name}.${end}`)
  return { key: path('key.pem'), cert: path('cert.pem'), request: path('csr.pem'), extensions: path('ext') }
}

/** @param {string[]} args */
function openssl(args) {
  execFileSync('openssl', args, { stdio: 'ignore' })
}
