import { codeInBrackets, lackIn } from '../config/error-code.ts'
import type { Secret } from '../config/secrets.ts'
import { AcquireError } from './credential.ts'
import { exhausted } from './idp-errors.ts'

/** What a secret is to the source that reads it: for messages, and the code of its failure. */
interface SecretRole {
  name: string
  code: string
}

/**
 * Reads a secret, or its fingerprint, for one attempt. A file may be on its way to being swapped, so a failure is
 * worth another try.
 * @throws AcquireError with the code of its role, naming the file.
 */
export async function readSecret(
  role: SecretRole,
  secret: Secret,
  part: 'read' | 'fingerprint' = 'read',
): Promise<string> {
  try {
    return await secret[part]()
  } catch (error) {
    const lack = lackIn(error)
    if (lack !== undefined)
      throw new AcquireError(exhausted(lack, `the ${role.name} was not read from ${secret.origin}`))
    const message = `The ${role.name} cannot be read from ${secret.origin}${codeInBrackets(error)}.`
    throw new AcquireError({ code: role.code, message, refused: false })
  }
}
