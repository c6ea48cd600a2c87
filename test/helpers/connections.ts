import type { ConnectionSettings, TlsSettings } from '../../src/config/settings.ts'
import type { RenewalNotices } from '../../src/upstream/dispatcher.ts'

/** Connection settings with nothing but what is given. */
export function connection(
  given: Partial<TlsSettings> & Partial<Omit<ConnectionSettings, 'tls'>> = {},
): ConnectionSettings {
  const { egressProxy, http2 = false, ...tls } = given
  const none = { ca: undefined, certificate: undefined, key: undefined, passphrase: undefined }
  return { tls: { ...none, ...tls }, egressProxy, http2 }
}

/** Notes what is told of renewals. */
export function notes(): RenewalNotices & { renewed: string[]; failed: string[] } {
  const [renewed, failed]: [string[], string[]] = [[], []]
  return {
    renewed,
    failed,
    onRenewed: (sentence) => renewed.push(sentence),
    onRenewalFailed: (sentence) => failed.push(sentence),
  }
}
