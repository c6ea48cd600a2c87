import type { Secret } from '../config/secrets.ts'
import { type AuthSettings, urlOf } from '../config/settings.ts'
import { AcquireError, type CredentialSource, type IssuedCredential } from '../credentials/credential.ts'
import { printable } from '../credentials/idp-errors.ts'
import { type Claims, claimsOf } from './claims.ts'
import { type Diagnosis, diagnose } from './diagnoses.ts'
import { MAX_OFFSET_MS } from './exchanges.ts'
import { secretFault } from './secret-shape.ts'
import { type Finding, ok } from './step.ts'
import { type AttemptFacts, clockDiagnosis, credentialDiagnosis } from './symptoms.ts'

/** What a secret is called, and what is odd about it. */
export type Shape = { what: string; fault: string }

const MANY_SECONDS = 60

/** What the method's secret is, if it has one that somebody has to copy. */
export function secretIn(auth: AuthSettings): { what: string; secret: Secret } | undefined {
  switch (auth.strategy) {
    case 'OAUTH':
      return 'secret' in auth.clientAuth
        ? { what: 'client secret', secret: auth.clientAuth.secret }
        : undefined
    case 'COOKIE':
    case 'BASIC':
      return { what: 'password', secret: auth.password }
    case 'BEARER':
      return 'token' in auth ? { what: 'token', secret: auth.token } : undefined
    case 'NONE':
      return undefined
  }
}

/** Looks at the shape of a secret that was read. */
export function shapeFinding(
  what: string,
  origin: string,
  text: string,
): { finding: Finding; shape?: Shape } {
  const fault = secretFault(text)
  const from = `The ${what} (${origin})`
  if (fault === undefined)
    return { finding: ok([`${from} has ${text.length} characters and nothing odd around them.`]) }
  const shape = { what, fault }
  return {
    finding: { status: 'warning', detail: [`${from} ${fault}.`], ...diagnose('secret-shape', shape) },
    shape,
  }
}

export interface Attempt {
  finding: Finding
  issued?: IssuedCredential
}

/** One attempt of the source, as the proxy makes it. `facts` are those that are known once it has ended. */
export async function attempt(
  source: CredentialSource,
  strategy: AuthSettings['strategy'],
  signal: AbortSignal,
  facts: () => AttemptFacts,
): Promise<Attempt> {
  try {
    const issued = await source.acquire(signal)
    return { finding: ok([got(strategy, issued)]), issued }
  } catch (error) {
    if (!(error instanceof AcquireError)) throw error
    const { failure } = error
    const said = { error: failure.code, refused: failure.refused }
    const diagnosis = credentialDiagnosis(failure, facts())
    return { finding: { status: 'failed', detail: [failure.message], facts: said, ...diagnosis } }
  }
}

function got(strategy: AuthSettings['strategy'], { lifetimeMs }: IssuedCredential): string {
  if (strategy === 'OAUTH') return `A token that lasts ${Math.round(lifetimeMs / 1_000)} s.`
  if (strategy === 'COOKIE') return 'Logged in; it is logged out again at the end.'
  if (strategy === 'BASIC') return 'User name and password are sent with each request: nobody was asked yet.'
  return strategy === 'NONE' ? 'None is needed.' : 'A token is there.'
}

/** Everything in a credential that nobody may see. */
export function secretsIn({ headers, session }: IssuedCredential): string[] {
  const values = [...headers, ...(session?.headersFor('POST') ?? [])].filter((_, i) => i % 2 === 1)
  return values.flatMap((value) => [value, ...value.split(/[\s;=]+/)]).filter((part) => part.length >= 8)
}

/** The claims of the token that is sent; undefined if it is no JWT. */
export function claimsIn({ headers }: IssuedCredential): Claims | undefined {
  const value = headers[1] ?? ''
  return value.startsWith('Bearer ') ? claimsOf(value.slice('Bearer '.length)) : undefined
}

/** What the token says, compared with what was asked for. `now` is in milliseconds since 1970. */
export function claimsFinding(auth: AuthSettings, claims: Claims | undefined, now: number): Finding {
  if (claims === undefined)
    return ok(['The token is opaque (no JWT): only who issued it can read it.'], { opaque: true })
  const { aud, scope, iss, client, iat, exp } = claims
  const rows: readonly [string, string | undefined][] = [
    ['audience', aud.join(', ') || 'none'],
    ['scope', scope],
    ['issuer', iss],
    ['client', client],
    ['issued', iat === undefined ? undefined : age(iat, now)],
    ['ends', exp === undefined ? 'never' : age(exp, now)],
  ]
  const detail = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${printable(value)}`],
  )
  const facts = { ...claims, askedAudience: auth.strategy === 'OAUTH' ? auth.audience : undefined }
  const diagnosis = claimsDiagnosis(auth, claims, now)
  return { status: diagnosis === undefined ? 'ok' : 'warning', detail, facts, ...diagnosis }
}

/** What is odd about a token that was got a moment ago. */
function claimsDiagnosis(auth: AuthSettings, { aud, iat, exp }: Claims, now: number): Diagnosis | undefined {
  // A token that was given may be of any age.
  if (auth.strategy !== 'OAUTH') return undefined
  const { host } = urlOf(auth.identityProvider)
  const aheadMs = (iat ?? 0) * 1_000 - now
  if (aheadMs > MAX_OFFSET_MS) return clockDiagnosis(host, aheadMs)
  const leftMs = (exp ?? Number.POSITIVE_INFINITY) * 1_000 - now
  if (leftMs <= 0) return clockDiagnosis(host, leftMs)
  const { audience: expected } = auth
  if (expected !== undefined && !aud.includes(expected)) {
    return diagnose('audience-not-given', { expected, actual: printable(aud.join(', ')) || 'nobody' })
  }
  const lifetimeS = (exp ?? Number.POSITIVE_INFINITY) - (iat ?? now / 1_000)
  if (lifetimeS >= MANY_SECONDS) return undefined
  return diagnose('token-short-lived', { seconds: String(Math.round(lifetimeS)) })
}

function age(seconds: number, now: number): string {
  const away = Math.round(seconds - now / 1_000)
  const date = new Date(seconds * 1_000)
  const at = Number.isNaN(date.getTime()) ? String(seconds) : date.toISOString().replace(/\.\d+Z$/, 'Z')
  return `${at} (${away >= 0 ? `in ${away} s` : `${-away} s ago`})`
}
