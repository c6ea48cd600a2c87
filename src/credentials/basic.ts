import type { BasicSettings } from '../config/settings.ts'
import { AcquireError, type CredentialSource } from './credential.ts'
import { readSecret } from './read-secret.ts'
import { MAX_LIFETIME } from './schedule.ts'

const ROLE = { name: 'password', code: 'password-unreadable' }
const CONTROL_CHARACTER = /\p{Cc}/u
/** More than a server takes as a header, and so surely the wrong file. */
const MAX_CHARACTERS = 4_096

/**
 * HTTP Basic authentication (RFC 7617) in UTF-8. Reads the password anew at each attempt: one that was changed in its
 * file is found when the cluster refuses the old one.
 * @throws AcquireError `password-unreadable`, or `basic-malformed` for what RFC 7617 section 2 does not allow.
 */
export function basicSource({ username, password }: BasicSettings): CredentialSource {
  return {
    asked: 'settings',
    fixed: !password.isFile,
    fingerprint: () => readSecret(ROLE, password, 'fingerprint'),
    async acquire() {
      const secret = await readSecret(ROLE, password)
      const fault = faultIn(username, secret)
      if (fault !== undefined) throw malformed(fault)
      const credentials = Buffer.from(`${username}:${secret}`, 'utf8').toString('base64')
      return { headers: ['authorization', `Basic ${credentials}`], lifetimeMs: MAX_LIFETIME }
    },
  }
}

function faultIn(username: string, password: string): string | undefined {
  if (username.includes(':')) return 'username holds a colon, where the password would begin'
  if (CONTROL_CHARACTER.test(username)) return 'username holds a control character'
  if (CONTROL_CHARACTER.test(password)) return 'password holds a control character, such as a line break'
  return username.length + password.length > MAX_CHARACTERS
    ? `username and password have more than ${MAX_CHARACTERS} characters`
    : undefined
}

function malformed(fault: string): AcquireError {
  const message = `The ${fault}: it cannot be sent by Basic authentication.`
  return new AcquireError({ code: 'basic-malformed', message, refused: true })
}
