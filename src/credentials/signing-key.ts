import { createHash, webcrypto } from 'node:crypto'
import {
  certificateFault,
  readCertificate,
  readPrivateKey,
  type SigningAlgorithm,
  signingAlgorithm,
  signingKeyFault,
} from '../config/key-material.ts'

/** WebCrypto's names for the algorithms of RFC 7518. */
const WEB_CRYPTO: Record<SigningAlgorithm, webcrypto.RsaHashedImportParams | webcrypto.EcKeyImportParams> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
}

/** A private key in PEM, ready to sign with; or what is wrong with it, to complete "expected …". */
export async function signingKey(
  pem: string,
  algorithm?: SigningAlgorithm,
): Promise<webcrypto.CryptoKey | string> {
  const fault = signingKeyFault(pem, algorithm)
  const key = readPrivateKey(pem)
  if (fault !== undefined || key === undefined) return fault ?? 'a private key in PEM'
  const der = key.export({ type: 'pkcs8', format: 'der' })
  const parameters = WEB_CRYPTO[algorithm ?? signingAlgorithm(key)]
  return webcrypto.subtle.importKey('pkcs8', der, parameters, false, ['sign'])
}

/** The SHA-1 thumbprint of a certificate (RFC 7515 section 4.1.7); or what is wrong with it, at `now` and for the key. */
export function thumbprint(pem: string, keyPem: string, now: number): { x5t: string } | string {
  const fault = certificateFault(pem, keyPem, now)
  const certificate = readCertificate(pem)
  if (fault !== undefined || certificate === undefined) return fault ?? 'a certificate in PEM'
  return { x5t: createHash('sha1').update(certificate.raw).digest('base64url') }
}
