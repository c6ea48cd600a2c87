import type { CredentialSource } from '../../src/credentials/credential.ts'
import { keeperLab } from './keeper-lab.ts'
import { failureOf } from './oauth-lab.ts'

/** What one attempt of a source brings. */
export const acquire = (source: CredentialSource) => source.acquire(new AbortController().signal)

/** How one attempt of a source fails, after a look for these secrets in all that it says. */
export const failure = (source: CredentialSource, canaries: string[] = []) =>
  failureOf(acquire(source), canaries)

/** A keeper on a virtual clock in front of a real source. The keeper's first attempt has begun. */
export function keeperOf(make: (now: () => number) => CredentialSource) {
  const lab = keeperLab()
  const source = make(() => WALL + lab.clock.monotonic())
  lab.provider = (_number, signal) => source.acquire(signal)
  lab.fingerprint = () => source.fingerprint()
  lab.keeper.start()
  return lab
}

/** What the wall clock shows when a keeper of `keeperOf` begins. */
export const WALL = Date.UTC(2030, 0, 1)

/** A JWT with these claims, signed by nobody. */
export const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.sig`
