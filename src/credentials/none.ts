import type { CredentialSource } from './credential.ts'
import { MAX_LIFETIME } from './schedule.ts'

/** For a cluster that asks for nothing: a credential without headers. */
export function noneSource(): CredentialSource {
  return {
    fixed: true,
    fingerprint: async () => 'none',
    acquire: async () => ({ headers: [], lifetimeMs: MAX_LIFETIME }),
  }
}
