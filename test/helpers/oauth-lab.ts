import { inspect } from 'node:util'
import type { Test } from 'tap'
import type { Dispatcher } from 'undici'
import { Secret } from '../../src/config/secrets.ts'
import type { OAuthSettings } from '../../src/config/settings.ts'
import {
  AcquireError,
  type AcquireFailure,
  type CredentialSource,
  type IssuedCredential,
} from '../../src/credentials/credential.ts'
import { oauthSource } from '../../src/credentials/oauth.ts'
import { identityProviderDispatcher } from '../../src/upstream/dispatcher.ts'
import { connection, notes } from './connections.ts'
import { type FakeIdp, fakeIdp, type IdpAnswer } from './fake-idp.ts'

export const SECRET = 'canary secret/&+ü4f'

export interface OAuthLab {
  idp: FakeIdp
  source: CredentialSource
  acquire(): Promise<IssuedCredential>
  /** How one attempt fails, after a look for secrets in all that it says. */
  failure(canaries?: string[]): Promise<AcquireFailure>
}

/** What a source is made of, with a client secret by default. */
export type LabOptions = Partial<OAuthSettings> & {
  secret?: Secret
  tokenUrl?: string
  dispatcher?: Dispatcher
  now?: () => number
}

/** A token source in front of an identity provider that answers as it is told. */
export async function oauthLab(t: Test, answer?: IdpAnswer, options: LabOptions = {}): Promise<OAuthLab> {
  const idp = await fakeIdp(answer)
  t.teardown(() => idp.close())
  const source = sourceFor(t, options.tokenUrl ?? idp.tokenUrl, options)
  const acquire = () => source.acquire(new AbortController().signal)
  return { idp, source, acquire, failure: (canaries = []) => failureOf(acquire(), [SECRET, ...canaries]) }
}

export function sourceFor(t: Test, tokenUrl: string, options: LabOptions = {}): CredentialSource {
  const {
    secret = Secret.ofValue(SECRET),
    now,
    dispatcher = identityProviderDispatcher(connection(), notes()),
    ...settings
  } = options
  t.teardown(() => dispatcher.destroy())
  const defaults: OAuthSettings = {
    identityProvider: { tokenUrl: new URL(tokenUrl) },
    clientId: 'the client',
    clientAuth: { method: 'client_secret_post', secret },
    audience: undefined,
    scope: undefined,
    resource: undefined,
    parameters: {},
    headers: {},
    lenient: false,
  }
  return oauthSource({ ...defaults, ...settings, dispatcher }, now)
}

/** The failure of a promise that must fail, with a look for canaries in the error and everything that hangs on it. */
export async function failureOf(attempt: Promise<unknown>, canaries: string[]): Promise<AcquireFailure> {
  const error: unknown = await attempt.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof AcquireError)) throw error
  const said = [
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error),
    String(error.stack),
  ].join('\n')
  const found = canaries.find((canary) => said.includes(canary) || said.includes(encodeURIComponent(canary)))
  if (found !== undefined || error.cause !== undefined)
    throw new Error('the error holds a secret, or a cause')
  return error.failure
}
