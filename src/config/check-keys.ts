import {
  authoritiesFault,
  certificateFault,
  isEncrypted,
  passphraseFault,
  signingKeyFault,
} from './key-material.ts'
import type { ClientAuth, TlsSettings } from './settings.ts'
import type { Readable, Work } from './work.ts'

/** Names of the settings of one connection. */
export type TlsPrefix = 'tls' | 'oauthTls'

/** Finds what is wrong with certificates and keys before anybody is called with them. Files are read once for it. */
export async function checkTls(work: Work, prefix: TlsPrefix, tls: TlsSettings, now: number): Promise<void> {
  const [ca, certificate, key, passphrase] = await Promise.all(
    [tls.ca, tls.certificate, tls.key, tls.passphrase].map((secret) => secret?.read()),
  )
  if (ca !== undefined) blame(work, `${prefix}Ca`, authoritiesFault(ca, now))
  if (certificate === undefined || key === undefined) return
  const isLocked = isEncrypted(key)
  blame(
    work,
    isLocked && passphrase !== undefined ? `${prefix}KeyPassphrase` : `${prefix}Key`,
    isLocked && passphrase === undefined
      ? `a key that is not encrypted, or ${prefix}KeyPassphrase to be set`
      : passphraseFault(key, passphrase),
  )
  blame(work, `${prefix}Cert`, certificateFault(certificate, key, now, passphrase))
}

/** The same for the key that signs client assertions. */
export async function checkSigningKey(work: Work, clientAuth: ClientAuth, now: number): Promise<void> {
  if (clientAuth.method !== 'private_key_jwt') return
  const { key, algorithm, certificate } = clientAuth
  const pem = await key.read()
  blame(work, 'oauthPrivateKey', signingKeyFault(pem, algorithm))
  if (certificate !== undefined)
    blame(work, 'oauthCertificate', certificateFault(await certificate.read(), pem, now))
}

/** The file is to blame where the text came from one. */
function blame(work: Work, name: Readable, fault: string | undefined): void {
  if (fault === undefined) return
  work.fault(work.raw[name] === undefined ? (`${name}File` as const) : name, fault)
}
