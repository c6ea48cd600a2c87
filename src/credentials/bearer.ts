import { createHash } from 'node:crypto'
import type { Secret } from '../config/secrets.ts'
import type { BearerSettings } from '../config/settings.ts'
import { bearerHeaders, bearerTokenFault } from './bearer-token.ts'
import { AcquireError, type CredentialSource, type IssuedCredential } from './credential.ts'
import { type PrintedToken, printedToken } from './printed-token.ts'
import { readSecret } from './read-secret.ts'
import { commandFailure, runCommand } from './run-command.ts'
import { DEFAULT_LIFETIME, jwtTimes, MAX_LIFETIME } from './schedule.ts'

interface BearerSurroundings {
  /** The wall clock, in milliseconds since 1970. */
  now?: () => number
  /** Longest that a command may take, in milliseconds. */
  commandMs?: number
}

/** Says of a token what makes it useless, and where it comes from. */
type Fail = (code: string, fault: string) => AcquireError

const ROLE = { name: 'token', code: 'token-unreadable' }
/** A credential is renewed at 80 % of this at the latest, so a file is read again within a minute. */
const REREAD_MS = 75_000
/** Within the time that an attempt has, so that it is the command that is blamed. */
const COMMAND_MS = 9_000

/**
 * A token that somebody else gets (RFC 6750): a value, a file that is read again every minute, or what a command
 * prints. Used until the end that the command or the token itself names, a day at most.
 * @throws AcquireError `token-unreadable`, `token-malformed`, `token-expired`, and those of runCommand.
 */
export function bearerSource(
  settings: BearerSettings,
  surroundings: BearerSurroundings = {},
): CredentialSource {
  const { now = Date.now, commandMs = COMMAND_MS } = surroundings
  return 'command' in settings
    ? commandSource(settings.command, now, commandMs)
    : secretSource(settings.token, now)
}

function secretSource(secret: Secret, now: () => number): CredentialSource {
  // Refused: it does not mend itself, and another token in the file is noticed within a second.
  const fail: Fail = (code, fault) =>
    new AcquireError({ code, message: `The token from ${secret.origin} ${fault}.`, refused: true })
  return {
    asked: 'settings',
    fixed: !secret.isFile,
    fingerprint: () => readSecret(ROLE, secret, 'fingerprint'),
    async acquire() {
      const token = await readSecret(ROLE, secret)
      const credential = issued({ token, expiresAt: undefined }, now(), MAX_LIFETIME, fail)
      return secret.isFile ? { ...credential, renewAfterMs: REREAD_MS } : credential
    },
  }
}

function commandSource(command: string, now: () => number, commandMs: number): CredentialSource {
  const fingerprint = createHash('sha256').update(command).digest('base64url')
  return {
    asked: 'settings',
    fingerprint: async () => fingerprint,
    async acquire(signal) {
      const startedAt = now()
      const printed = printedToken(await runCommand(command, commandMs, signal), startedAt)
      if (printed === undefined) throw commandFailure('token-malformed', 'printed JSON that holds no token')
      const fail: Fail = (code, fault) => commandFailure(code, `printed a token that ${fault}`)
      return issued(printed, startedAt, DEFAULT_LIFETIME, fail)
    },
  }
}

/** A token ready to send, for as long as it has left at `now`; `unknown` is how long if nothing says so. */
function issued(
  { token, expiresAt }: PrintedToken,
  now: number,
  unknown: number,
  fail: Fail,
): IssuedCredential {
  const fault = bearerTokenFault(token)
  if (fault !== undefined) throw fail('token-malformed', fault)
  const { exp } = jwtTimes(token)
  const end = expiresAt ?? (exp === undefined ? now + unknown : exp * 1_000)
  if (end <= now) throw fail('token-expired', `expired at ${new Date(Math.max(0, end)).toISOString()}`)
  return { headers: bearerHeaders(token), lifetimeMs: Math.min(end - now, MAX_LIFETIME) }
}
