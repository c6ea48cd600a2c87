import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'

/** What signs a client assertion (RFC 7518 section 3.1). */
export type SigningAlgorithm = 'RS256' | 'PS256' | 'ES256'

/** The kind of key that each algorithm takes, as Node names it. */
const KEY_TYPES: Record<SigningAlgorithm, string> = { RS256: 'rsa', PS256: 'rsa', ES256: 'ec' }
const SPOKEN: Record<string, string> = { rsa: 'an RSA key', ec: 'an EC key' }
/** RFC 7518 sections 3.3 and 3.5. */
const MIN_RSA_BITS = 2_048
const ENCRYPTED = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
const NO_KEY = /-----BEGIN (CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY)-----/

/*
 * Each fault completes "expected …" and holds nothing of the key or the certificate but its kind and its dates.
 */

/** What is wrong with a private key in PEM: PKCS #8, PKCS #1 or SEC 1, not encrypted. Undefined: nothing. */
export function privateKeyFault(pem: string): string | undefined {
  if (readPrivateKey(pem) !== undefined) return undefined
  if (ENCRYPTED.test(pem)) return 'a private key that is not encrypted: there is no passphrase for this one'
  const found = NO_KEY.exec(pem)?.[1]?.toLowerCase()
  return found === undefined ? 'a private key in PEM' : `a private key in PEM, not a ${found}`
}

/** What is wrong with a private key that a passphrase may open. Undefined: nothing. */
export function passphraseFault(pem: string, passphrase: string | undefined): string | undefined {
  if (readPrivateKey(pem, passphrase) !== undefined) return undefined
  return passphrase !== undefined && ENCRYPTED.test(pem)
    ? 'the passphrase of the key: this one does not open it'
    : privateKeyFault(pem)
}

/** What is wrong with a key that is to sign client assertions; without an algorithm, by `signingAlgorithm`. */
export function signingKeyFault(pem: string, algorithm?: SigningAlgorithm): string | undefined {
  const key = readPrivateKey(pem)
  if (key === undefined) return privateKeyFault(pem)
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: details } = key
  if (SPOKEN[type] === undefined || (type === 'ec' && details?.namedCurve !== 'prime256v1')) {
    return `an RSA key or an EC key on P-256, not ${details?.namedCurve ?? type}`
  }
  if (algorithm !== undefined && KEY_TYPES[algorithm] !== type) {
    return `${SPOKEN[KEY_TYPES[algorithm]]} for ${algorithm}, not ${SPOKEN[type]}`
  }
  const bits = details?.modulusLength ?? MIN_RSA_BITS
  return bits < MIN_RSA_BITS ? `an RSA key of ${MIN_RSA_BITS} bits or more, not ${bits}` : undefined
}

/** What is wrong with a certificate in PEM, the first if there are several, at `now` (milliseconds since 1970). */
export function certificateFault(
  pem: string,
  keyPem: string | undefined,
  now: number,
  passphrase?: string,
): string | undefined {
  const certificate = readCertificate(pem)
  if (certificate === undefined) return 'a certificate in PEM'
  const { validFrom, validTo } = certificate
  if (now < Date.parse(validFrom))
    return `a certificate that is valid by now: this one begins on ${day(validFrom)}`
  if (now > Date.parse(validTo))
    return `a certificate that is still valid: this one expired on ${day(validTo)}`
  const key = keyPem === undefined ? undefined : readPrivateKey(keyPem, passphrase)
  if (key === undefined || certificate.checkPrivateKey(key)) return undefined
  return 'the certificate of the private key: this one is of another key'
}

/** What is wrong with a bundle of authorities: one of them at least has to be valid at `now` (milliseconds since 1970). */
export function authoritiesFault(pem: string, now: number): string | undefined {
  const faults = (pem.match(CERTIFICATE) ?? [pem]).map((each) => certificateFault(each, undefined, now))
  return faults.includes(undefined) ? undefined : faults[0]
}

/** Whether a private key in PEM is under a passphrase. */
export function isEncrypted(pem: string): boolean {
  return ENCRYPTED.test(pem)
}

/** The key, if this is one; never with a reason, since those of OpenSSL name no cause that a reader knows. */
export function readPrivateKey(pem: string, passphrase?: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== undefined && { passphrase }) })
  } catch {
    return undefined
  }
}

/** The first certificate, if there is one. */
export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem)
  } catch {
    return undefined
  }
}

/** The algorithm that goes with a key if none is named. */
export function signingAlgorithm(key: KeyObject): SigningAlgorithm {
  return key.asymmetricKeyType === 'ec' ? 'ES256' : 'RS256'
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10)
}
