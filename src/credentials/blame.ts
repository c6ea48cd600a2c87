import type { Fault } from '../errors.ts'
import type { AcquireFailure, CredentialSource } from './credential.ts'

/** Failures in which whoever was asked has no part: by code, or the end of one. */
const ours: readonly [RegExp, Fault][] = [
  [/^(?:discovery-)?(?:egress|exhausted)$|^internal$/, 'this proxy'],
  [/-unreadable$|^secret-unusable$/, 'settings'],
]

/** Whose fault it is that no credential came: that of who is asked, unless the failure says otherwise. */
export function faultOf({ code }: AcquireFailure, { asked }: Pick<CredentialSource, 'asked'>): Fault {
  return ours.find(([codes]) => codes.test(code))?.[1] ?? asked ?? 'identity provider'
}
